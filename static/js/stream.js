/** The live stream: one a browser, shared by its pages; none for a page that nobody sees. */

/** @import { Connection, DeltaEvent } from "./types.d.ts" */
/** @typedef {{boot: string, revision: number}} Position */

const WAITS_S = [0.5, 1, 2, 4, 8, 15];
const PULSE_MS = 4000, ASLEEP_MS = 20_000; // a machine that slept finds its clock far ahead, and its connections dead without a word

/**
 * A page in sight asks for a Web Lock. Who holds it has the stream, and tells the others through a BroadcastChannel;
 * when it is hidden or closed, the lock goes to the next. Where there are no locks (plain http on another machine) each page has its own stream.
 */
export class Stream {
  /**
   * @param {{
   *   interests: string[],
   *   onDelta: (delta: DeltaEvent) => void,
   *   onStale: () => void,
   *   onConnection: (connection: Connection) => void,
   * }} options `onStale`: something was missed or the server is another one; read everything again
   */
  constructor(options) {
    this.options = options;
    /** Where this page stands. @type {Position | null} */
    this.position = null;
    /** What the pages together want to hear of. */
    this.interests = new Set(options.interests);
    /** @type {Connection} */
    this.connection = { state: "connecting", since: Date.now(), retryAt: null };
    this.name = `trainboard ${new URL(".", location.href).pathname}`;
    this.channel = new BroadcastChannel(this.name);
    this.channel.onmessage = (event) => this.hear(event.data);
    /** @type {EventSource | null} */
    this.source = null;
    this.failures = 0;
    this.timer = 0;
    /** Ends the wait for the lock, or lets it go. @type {AbortController | null} */
    this.turn = null;
    document.addEventListener("visibilitychange", () => (document.hidden ? this.leave() : this.enter()));
    addEventListener("pagehide", () => this.leave()); // a page kept for the back button must not keep the stream
    addEventListener("pageshow", () => { if (!document.hidden) this.enter(); });
    document.addEventListener("resume", () => this.wake()); // a tab that the browser had frozen
    addEventListener("online", () => this.wake());
    let seen = Date.now();
    setInterval(() => {
      const now = Date.now();
      if (now - seen > ASLEEP_MS && this.source) this.connect();
      seen = now;
    }, PULSE_MS);
    if (!document.hidden) this.enter();
  }

  /** What the page has read so far, so that a gap is noticed. @param {Position} position */
  at(position) {
    if (!this.position || position.boot !== this.position.boot || position.revision > this.position.revision) this.position = position;
  }

  /** In sight: take part. */
  enter() {
    if (this.turn) return;
    const turn = (this.turn = new AbortController());
    this.channel.postMessage({ type: "here", interests: this.options.interests });
    if (!navigator.locks) { this.connect(); return; }
    navigator.locks.request(this.name, { signal: turn.signal }, () => {
      this.connect();
      return new Promise((resolve) => turn.signal.addEventListener("abort", resolve));
    }).catch((/** @type {unknown} */ error) => { if (!turn.signal.aborted) throw error; });
  }

  /** Out of sight: let somebody else have it. */
  leave() {
    this.turn?.abort();
    this.turn = null;
    this.disconnect();
  }

  /** Only who has the stream, or waits to try again: the others hear from it. */
  wake() {
    if (this.source || this.timer) this.connect();
  }

  /** At once, instead of at the end of the wait. */
  retry() {
    if (this.turn && this.timer) this.connect();
    else this.channel.postMessage({ type: "retry" });
  }

  connect() {
    this.disconnect();
    const query = new URLSearchParams({ interests: [...this.interests].join(",") });
    if (this.position) { query.set("boot", this.position.boot); query.set("revision", String(this.position.revision)); } // the server says whether anything was missed
    const source = (this.source = new EventSource(`api/live?${query}`));
    const pass = (/** @type {string} */ type) => source.addEventListener(type, (event) => {
      const data = JSON.parse(/** @type {MessageEvent} */ (event).data || "{}");
      this.channel.postMessage({ type, data });
      this.hear({ type, data });
    });
    for (const type of ["hello", "delta", "reload"]) pass(type);
    source.addEventListener("hello", () => { this.failures = 0; this.tell({ state: "live", since: Date.now(), retryAt: null }); });
    source.addEventListener("bye", () => this.fail());
    source.addEventListener("error", () => this.fail());
  }

  disconnect() {
    clearTimeout(this.timer);
    this.timer = 0;
    this.source?.close();
    this.source = null;
  }

  fail() {
    this.disconnect();
    const wait = WAITS_S[Math.min(this.failures++, WAITS_S.length - 1)] * (0.8 + 0.4 * Math.random()) * 1000;
    const since = this.connection.state === "broken" ? this.connection.since : Date.now();
    this.tell({ state: "broken", since, retryAt: Date.now() + wait });
    this.timer = window.setTimeout(() => this.connect(), wait);
  }

  /** @param {Connection} connection */
  tell(connection) {
    this.channel.postMessage({ type: "connection", data: connection });
    this.setConnection(connection);
  }

  /** @param {Connection} connection */
  setConnection(connection) {
    this.connection = connection;
    this.options.onConnection(connection);
  }

  /** From the server or, through the page that has the stream, from the channel. @param {{type: string, data?: any, interests?: string[]}} message */
  hear({ type, data, interests = [] }) {
    if (type === "connection") { if (!document.hidden) this.setConnection(data); }
    else if (type === "retry") { if (this.timer) this.connect(); }
    else if (type === "here") this.welcome(interests);
    else if (type === "reload") this.options.onStale();
    else if (type === "hello" || type === "at") {
      const isKnown = this.position !== null && this.position.boot === data.boot && (data.missed === false || this.position.revision >= data.revision);
      if (!isKnown) this.options.onStale();
    } else if (type === "delta") {
      if (document.hidden) return; // looked at again, the page compares revisions
      const isNext = this.position && data.revision > this.position.revision;
      if (isNext && this.position) this.position = { boot: this.position.boot, revision: data.revision };
      this.options.onDelta(data);
    }
  }

  /** Another page came: it hears how things stand, and its interests count from now on. @param {string[]} interests */
  welcome(interests) {
    if (!this.source) return;
    const isMore = interests.some((one) => !this.interests.has(one));
    for (const one of interests) this.interests.add(one);
    if (isMore) { this.connect(); return; }
    this.channel.postMessage({ type: "connection", data: this.connection });
    if (this.position) this.channel.postMessage({ type: "at", data: this.position });
  }
}
