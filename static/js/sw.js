// Keeps the quick log at hand without a connection: its page for the likeliest customers, and what it is drawn with.
const CACHE = "quick-log-1", LOG = "/activities/new/", CHOICE = `${LOG}?pick=1`;
const kept = async (request) => (await caches.open(CACHE)).match(request);
const keep = async (request, answer) => {
  if (answer.ok && answer.type === "basic" && !answer.redirected) await (await caches.open(CACHE)).put(request, answer.clone());
  return answer;
};
const get = async (url) => keep(url, await fetch(url));

addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(clients.claim()));

addEventListener("fetch", (event) => {
  const { request } = event, url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (request.mode === "navigate") {
    if (url.pathname.startsWith("/account/log")) event.waitUntil(caches.delete(CACHE)); // whoever signs in next is perhaps somebody else
    const mine = url.pathname === LOG;
    const found = async () => (mine && (await kept(request))) || (await kept(CHOICE)) || Response.error();
    event.respondWith(fetch(request).then((answer) => (mine ? keep(request, answer) : answer)).catch(found));
  } else if (url.pathname.startsWith("/static/")) {
    event.respondWith(fetch(request).then((answer) => keep(request, answer)).catch(async () => (await kept(request)) || Response.error()));
  }
});

// The page asks for it now and then: the choice of customers, each one's page, and their styles and scripts.
addEventListener("message", (event) => event.data === "warm" && event.waitUntil((async () => {
  const html = await (await get(CHOICE)).text();
  const pages = [...new Set([...html.matchAll(/href="(\/activities\/new\/\?[^"]+)"/g)].map(([, url]) => url.replaceAll("&amp;", "&")))];
  let drawn = html;
  for (const page of [LOG, ...pages]) drawn += await (await get(page)).text();
  for (const url of new Set([...drawn.matchAll(/(?:href|src)="(\/static\/[^"#]+)/g)].map(([, found]) => found))) await get(url);
})().catch(() => {})));
