/** What the build puts in place of JSX (scripts/build-page.ts): shorter than the automatic runtime, and it does the same. */
export { Fragment, h } from "preact";
