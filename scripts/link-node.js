// npm's postinstall, in plain JavaScript because it has to run on whichever Node is installed.
//
// The tools need a newer Node than 20, so the lock brings one: the optional dependency that fits the platform, linked
// as node_modules/.bin/node, which every npm script finds first. npm 10 then removes that link again, when it cleans up
// the dependencies for other platforms.
import { existsSync, linkSync, readFileSync, symlinkSync } from "node:fs";

const at = (path) => new URL(`../${path}`, import.meta.url);
const { optionalDependencies } = JSON.parse(readFileSync(at("package.json"), "utf8"));
const isWindows = process.platform === "win32";
const exe = isWindows ? "node.exe" : "node";
const link = at(`node_modules/.bin/${exe}`);
const fitting = Object.keys(optionalDependencies).find((name) => existsSync(at(`node_modules/${name}/bin/${exe}`)));

if (fitting !== undefined && !existsSync(link)) {
  // On Windows only administrators can create symbolic links.
  if (isWindows) linkSync(at(`node_modules/${fitting}/bin/${exe}`), link);
  else symlinkSync(`../${fitting}/bin/${exe}`, link);
}
