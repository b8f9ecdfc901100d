// Live updates. One tab of the browser holds the stream and tells the others; where no stream comes through,
// parts with data-poll are asked for again, which costs a 304 when nothing changed.
import { postJson, words } from "./page.js";

const topics = (document.body.dataset.live ?? "").split(" ").filter(Boolean);
const POLL_EVERY = 10000;
const LONGEST_WAIT = 30000;

function raise(message) {
  const name = message.topic.split(":")[0];
  if (!topics.includes(message.topic)) return;
  for (const event of [`live:${name}`, "live"]) {
    document.body.dispatchEvent(new CustomEvent(event, { detail: message }));
  }
}

function mark(live) {
  document.querySelectorAll("[data-live-mark]").forEach((shown) => {
    shown.querySelector("i").className = `aj-dot ${live ? "is-done" : ""}`;
    if (shown.lastElementChild && !live) shown.lastElementChild.textContent = words().paused;
    else if (shown.lastElementChild) shown.lastElementChild.textContent = words().live;
  });
}

class Stream {
  constructor(wanted, onMessage, onState) {
    Object.assign(this, { wanted, onMessage, onState, wait: 1000, source: null, stopped: false });
  }

  async open() {
    if (this.stopped) return;
    try {
      const { ticket, url } = await postJson("/live/ticket", { topics: [...this.wanted] });
      this.listen(`${url}?ticket=${encodeURIComponent(ticket)}`);
    } catch (error) {
      if (error.status === 401 || error.status === 403) return this.onState(false);
      this.again();
    }
  }

  listen(address) {
    this.source = new EventSource(address);
    this.source.addEventListener("hello", () => { this.wait = 1000; this.onState(true); });
    this.source.addEventListener("bye", () => { this.stop(); location.reload(); });
    this.source.onmessage = (event) => this.onMessage(JSON.parse(event.data));
    // A browser's own retry would come with the spent ticket, so each drop asks for a new one.
    this.source.onerror = () => { this.close(); this.again(); };
  }

  again() {
    this.onState(false);
    setTimeout(() => this.open(), this.wait * (0.7 + Math.random() * 0.6));
    this.wait = Math.min(this.wait * 2, LONGEST_WAIT);
  }

  close() {
    this.source?.close();
    this.source = null;
  }

  stop() {
    this.stopped = true;
    this.close();
  }

  want(more) {
    const fresh = more.filter((topic) => !this.wanted.has(topic));
    if (!fresh.length) return;
    fresh.forEach((topic) => this.wanted.add(topic));
    this.close();
    this.open();
  }
}

// The leader holds a lock for as long as it lives; the next tab in line gets it when the leader goes.
function share() {
  const channel = new BroadcastChannel("anju-live");
  let stream = null;
  channel.onmessage = ({ data }) => {
    if (data.kind === "want") stream?.want(data.topics);
    if (data.kind === "ask" && !stream) channel.postMessage({ kind: "want", topics });
    if (data.kind === "message") raise(data.message);
    if (data.kind === "state") settle(data.live);
  };
  channel.postMessage({ kind: "want", topics });
  navigator.locks.request("anju-live-leader", () => new Promise(() => {
    stream = new Stream(new Set(topics),
      (message) => { raise(message); channel.postMessage({ kind: "message", message }); },
      (live) => { settle(live); channel.postMessage({ kind: "state", live }); });
    stream.open();
    channel.postMessage({ kind: "ask" });
  }));
}

let isLive = false;
let caughtUp = true;

function settle(live) {
  isLive = live;
  mark(live);
  // Something may have happened while the line was down.
  if (live && !caughtUp) refresh();
  caughtUp = live;
}

const tags = new Map();

async function refresh() {
  for (const part of document.querySelectorAll("[data-poll]")) {
    const url = part.dataset.poll;
    const headers = { "HX-Request": "true", "HX-Target": part.id };
    if (tags.has(url)) headers["If-None-Match"] = tags.get(url);
    const answer = await fetch(url, { headers, credentials: "same-origin" }).catch(() => null);
    if (!answer?.ok) continue;
    tags.set(url, answer.headers.get("ETag"));
    window.htmx?.swap(part, await answer.text(), { swapStyle: part.dataset.pollSwap ?? "innerHTML" });
  }
}

if (topics.length) {
  if ("locks" in navigator && "BroadcastChannel" in window) share();
  else new Stream(new Set(topics), raise, settle).open();
}
if (topics.length || document.querySelector("[data-poll]")) {
  setInterval(() => { if (!isLive && !document.hidden) refresh(); }, POLL_EVERY);
}
