import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { type Browser, type BrowserContextOptions, chromium, type Locator, type Page } from "playwright-core";
import { patience } from "./deadline.ts";
import { uniqueId } from "./people.ts";

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // A microphone that beeps.
  "--use-fake-device-for-media-stream",
  "--use-fake-ui-for-media-stream",
];

/** Runs in the page: the accessible name of the element with the focus. */
const FOCUSED =
  "(({ ariaLabel, labels, textContent }) => ariaLabel ?? labels?.[0]?.textContent ?? textContent)(document.activeElement)";

/** The path of a browser, if there is one. CHROMIUM overrides it. */
export const browserPath = [process.env.CHROMIUM ?? "", ...PLACES].find((path) => existsSync(path));

export function launchBrowser(): Promise<Browser> {
  if (browserPath === undefined) throw new Error("Chromium is not installed");
  return chromium.launch({ executablePath: browserPath, args: FLAGS });
}

/** A user of the page, who finds elements by their roles and labels as people do. */
export class Visitor {
  readonly page: Page;
  /** The errors of the page, and the violations of its policy. */
  readonly errors: string[];
  id = "";
  password = "a secret of the tests";

  constructor(page: Page, errors: string[] = []) {
    this.page = page;
    this.errors = errors;
    page.on("pageerror", (error) => this.errors.push(error.message));
    page.on("console", (message) => {
      if (/Content Security Policy|Trusted ?Type/i.test(message.text())) this.errors.push(message.text());
    });
  }

  static async open(browser: Browser, url: string, options: BrowserContextOptions): Promise<Visitor> {
    const context = await browser.newContext({ locale: "en-GB", ...options });
    const visitor = new Visitor(await context.newPage());
    await visitor.page.goto(url);
    return visitor;
  }

  /** Another tab of the same browser, at the same address. */
  async tab(): Promise<Visitor> {
    const visitor = new Visitor(await this.page.context().newPage(), this.errors);
    visitor.id = this.id;
    await visitor.page.goto(this.page.url());
    return visitor;
  }

  button(name: string | RegExp): Locator {
    return this.page.getByRole("button", { name, exact: true });
  }

  async register(name: string, id = uniqueId(name.toLowerCase())): Promise<this> {
    this.id = id;
    await this.page.getByRole("radio", { name: "Create account" }).check();
    await this.page.getByLabel("User ID").fill(id);
    await this.page.getByLabel("Name", { exact: true }).fill(name);
    await this.page.getByLabel("Password").fill(this.password);
    await this.button("Create account").click();
    await this.page.getByRole("heading", { name: "Chats", exact: true }).waitFor();
    return this;
  }

  async signIn(id: string, password = this.password): Promise<this> {
    this.id = id;
    await this.page.getByLabel("User ID").fill(id);
    await this.page.getByLabel("Password").fill(password);
    await this.button("Sign in").click();
    return this;
  }

  /** Finds a user by id and opens the chat with them. */
  async find(other: Visitor): Promise<void> {
    await this.button("Find people and groups").click();
    await this.page.getByLabel("Name, user or group ID").fill(other.id);
    await this.button("Find").click();
    await this.button("Message").click();
    await this.composer.waitFor();
  }

  async openChat(title: string): Promise<void> {
    await this.row(title).click();
    await this.page.getByRole("heading", { level: 1, name: title }).waitFor();
  }

  get composer(): Locator {
    return this.page.getByRole("textbox", { name: "Write a message" });
  }

  async say(text: string): Promise<void> {
    await this.composer.fill(text);
    await this.composer.press("Enter");
  }

  /** Waits until a message is shown with this state. */
  sees(text: string, status: "sent" | "pending" | "failed" = "sent"): Promise<void> {
    return this.message(text)
      .and(this.page.locator(`[data-status="${status}"]`))
      .waitFor();
  }

  /** The message with this text; those that quote it do not count. */
  message(text: string): Locator {
    const said = this.page.getByText(text, { exact: true }).and(this.page.locator(":not(.quote-text)"));
    return this.page.locator(".message").filter({ has: said });
  }

  row(title: string): Locator {
    return this.page.getByRole("navigation").getByRole("link").filter({ hasText: title });
  }

  /** The texts of all messages, from top to bottom. */
  texts(): Promise<string[]> {
    return this.page.locator(".message .text").allTextContents();
  }

  /** Presses the Tab key until the element with this name has the focus. */
  async tabTo(name: string): Promise<void> {
    for (let presses = 0; presses < 40; presses++) {
      await this.page.keyboard.press("Tab");
      if ((await this.page.evaluate(FOCUSED)) === name) return;
    }
    throw new Error(`the Tab key does not lead to ${name}`);
  }

  /** Waits until the element with this name has the focus. */
  async isOn(name: string): Promise<void> {
    await this.#becomes(FOCUSED, name);
  }

  /** Waits until the window has this title. */
  async title(title: string): Promise<void> {
    await this.#becomes("document.title", title);
  }

  /** Polled from here: the page's policy forbids the page to evaluate a text. */
  async #becomes(expression: string, wanted: string): Promise<void> {
    const deadline = Date.now() + patience;
    let found = await this.page.evaluate(expression);
    for (; found !== wanted && Date.now() < deadline; found = await this.page.evaluate(expression)) await sleep(20);
    if (found !== wanted) throw new Error(`waited ${patience} ms for ${wanted}, and it is ${found}`);
  }

  async goTo(hash: string): Promise<void> {
    await this.page.evaluate(`location.hash = ${JSON.stringify(hash)}`);
  }

  /** Waits for a text anywhere on the page. */
  reads(words: string | RegExp): Promise<void> {
    return this.page.getByText(words).filter({ visible: true }).first().waitFor();
  }

  /** Creates a group with these members and opens it. */
  async makeGroup(name: string, ...members: readonly { readonly id: string }[]): Promise<void> {
    await this.button("New group").click();
    await this.page.getByLabel("Group name").fill(name);
    await this.page.getByLabel("Add people by name or ID").fill(members.map(({ id }) => id).join(", "));
    await this.button("Create").click();
    await this.page.getByRole("heading", { level: 1, name }).waitFor();
  }

  /** Opens a member's actions in the details, and runs one of them. */
  async act(member: Visitor, name: string, action: string): Promise<void> {
    const line = this.page.locator(`[data-user="${member.id}"]`);
    await line.getByRole("button", { name: `Actions for ${name}` }).click();
    await line.getByRole("button", { name: action, exact: true }).click();
  }

  async confirm(action: string): Promise<void> {
    await this.page.getByRole("dialog", { name: action }).getByRole("button", { name: action }).click();
  }
}
