import { render } from "preact";
import { App } from "./app.tsx";
import { installWorker } from "./install.ts";
import { restoreSession } from "./session.ts";
import "./styles/index.css";

restoreSession();
// What is on the screen first comes first.
addEventListener("load", installWorker);
const root = document.getElementById("app");
if (root) render(<App />, root);
