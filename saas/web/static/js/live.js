// Live updates. One tab of the browser holds the stream and tells the others. Each message becomes an event on
// <body>; where no stream comes through, the same events are raised every ten seconds, and parts that ask again get
// a 304 when nothing changed.
import { postJson, words } from "./page.js";

const topics = (document.body.dataset.live ?? "").split(" ").filter(Boolean);
const POLL_EVERY = 10000;
const LONGEST_WAIT = 30000;

function raise(message) {
  if (!topics.includes(message.topic)) return;
  for (const name of [`live:${message.topic.split(":")[0]}`, "live"]) {
    document.body.dispatchEvent(new CustomEvent(name, { detail: message }));
  }
}

// Something may have happened unheard: whoever listens looks again.
const lookAgain = () => topics.forEach((topic) => raise({ topic, data: {} }));

function mark(live) {
  document.querySelectorAll("[data-live-mark]").forEach((shown) => {
    shown.querySelector("i").className = live ? "aj-dot is-done" : "aj-dot";
    shown.lastElementChild.textContent = live ? words().live : words().paused;
  });
}

class Stream {
  constructor(wanted, onMessage, onState) {
    Object.assign(this, { wanted: new Set(wanted), onMessage, onState, wait: 1000, source: null, timer: null });
  }

  async open() {
    clearTimeout(this.timer);
    try {
      const { ticket, url } = await postJson("/live/ticket", { topics: [...this.wanted] });
      this.listen(`${url}?ticket=${encodeURIComponent(ticket)}`);
    } catch (error) {
      this.onState(false);
      if (error.status !== 401 && error.status !== 403) this.again();
    }
  }

  listen(address) {
    this.close();
    const source = new EventSource(address);
    this.source = source;
    source.addEventListener("hello", () => { this.wait = 1000; this.onState(true); });
    source.addEventListener("resync", lookAgain);
    source.addEventListener("again", () => this.open());
    source.addEventListener("bye", () => { this.close(); location.reload(); });
    source.onmessage = (event) => this.onMessage(JSON.parse(event.data));
    // The browser's own retry would come with the spent ticket, so each drop asks for a new one.
    source.onerror = () => { this.close(); this.onState(false); this.again(); };
  }

  again() {
    this.timer = setTimeout(() => this.open(), this.wait * (0.7 + Math.random() * 0.6));
    this.wait = Math.min(this.wait * 2, LONGEST_WAIT);
  }

  close() {
    this.source?.close();
    this.source = null;
  }

  want(more) {
    const before = this.wanted.size;
    more.forEach((topic) => this.wanted.add(topic));
    if (this.wanted.size > before) this.open();
  }
}

// The leader holds a lock for as long as its tab lives; the next in line gets it when the leader goes.
function share() {
  const channel = new BroadcastChannel("anju-live");
  let stream = null;
  channel.onmessage = ({ data }) => {
    if (data.kind === "want" && stream) {
      stream.want(data.topics);
      channel.postMessage({ kind: "state", live });
    }
    if (data.kind === "who") channel.postMessage({ kind: "want", topics });
    if (data.kind === "message") raise(data.message);
    if (data.kind === "state") settle(data.live);
  };
  channel.postMessage({ kind: "want", topics });
  navigator.locks.request("anju-live-leader", () => new Promise(() => {
    stream = new Stream(topics,
      (message) => { raise(message); channel.postMessage({ kind: "message", message }); },
      (now) => { settle(now); channel.postMessage({ kind: "state", live: now }); });
    stream.open();
    channel.postMessage({ kind: "who" });
  }));
}

let live = false;
let wasLost = false;

function settle(now) {
  live = now;
  mark(now);
  if (now && wasLost) lookAgain();
  wasLost = !now;
}

if (topics.length) {
  if ("locks" in navigator && "BroadcastChannel" in window) share();
  else new Stream(topics, raise, settle).open();
  setInterval(() => { if (!live && !document.hidden) lookAgain(); }, POLL_EVERY);
}
