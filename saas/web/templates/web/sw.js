{# Served as /sw.js. The cache is named after the content, so a new release brings a new one. #}
const CACHE = "anju-{{ asset_version }}";
const SHELL = {{ [asset("css/tokens.css"), asset("css/base.css"), asset("css/phone.css"), asset("css/print.css"), asset("js/theme.js"), asset("js/app.js"), asset("dist/htmx.min.js"), asset("dist/icons.svg"), asset("img/icon.svg"), url_for("web.offline")]|tojson }};
const OFFLINE = {{ url_for("web.offline")|tojson }};

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(SHELL)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches.keys()
      .then((names) => Promise.all(names.filter((name) => name.startsWith("anju-") && name !== CACHE).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

// Static files come from the cache; pages always from the network, since they hold what a person may see now.
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (url.pathname.startsWith("/static/")) {
    event.respondWith(caches.match(request).then((hit) => hit || fetchAndKeep(request)));
  } else if (request.mode === "navigate") {
    event.respondWith(fetch(request).catch(() => caches.match(OFFLINE)));
  }
});

async function fetchAndKeep(request) {
  const answer = await fetch(request);
  if (answer.ok && request.url.includes("/static/{{ asset_version }}/")) {
    (await caches.open(CACHE)).put(request, answer.clone());
  }
  return answer;
}
