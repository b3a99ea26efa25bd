import { render } from "preact";
import { App } from "./app.tsx";
import { restoreSession } from "./session.ts";
import "./styles/index.css";

restoreSession();
const root = document.getElementById("app");
if (root) render(<App />, root);
