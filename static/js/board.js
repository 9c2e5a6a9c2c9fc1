// The board tells which cards it shows and how they look; the answer names those that stay, and draws only the others.
(() => {
  const cards = () => [...document.querySelectorAll("[data-card]")];
  // As the server has drawn it: without what htmx and Sortable have left on it.
  const asDrawn = (card) => {
    const copy = card.cloneNode(true);
    for (const one of [copy, ...copy.querySelectorAll("*")]) ["style", "draggable", "data-htmx-powered"].forEach((name) => one.removeAttribute(name));
    copy.querySelector("[name=to]")?.remove();
    return copy.outerHTML;
  };
  document.addEventListener("htmx:before:request", (event) => {
    const { request } = event.detail.ctx;
    if (request.method !== "GET" && request.headers) request.headers["Board-Cards"] = cards().map((card) => card.dataset.card).join();
  });
  document.addEventListener("htmx:after:request", (event) => {
    const ctx = event.detail.ctx;
    if (!ctx.text?.includes("<li data-same=")) return;
    const shown = new Map(cards().map((card) => [card.dataset.card, card]));
    ctx.text = ctx.text.replace(/<li data-same=([\w.]+)><\/li>/g, (gap, key) => (shown.has(key) ? asDrawn(shown.get(key)) : gap));
    if (ctx.text.includes("<li data-same=")) location.reload(); // it went away meanwhile
  });
})();
