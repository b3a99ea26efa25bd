import { render } from "preact";
import { App } from "./app.tsx";
import { installWorker } from "./install.ts";
import { restoreSession } from "./session.ts";
import "./styles/index.css";

restoreSession();
// The first screen has priority: the service worker is installed after it.
addEventListener("load", installWorker);
const root = document.getElementById("app");
if (root) render(<App />, root);
