// The board tells which cards it shows and how they look; the answer names those that stay, and draws only the others.
(() => {
  const cards = () => [...document.querySelectorAll("[data-card]")];
  document.addEventListener("htmx:before:request", (event) => {
    const { request } = event.detail.ctx;
    if (request.method !== "GET" && request.headers) request.headers["Board-Cards"] = cards().map((card) => card.dataset.card).join();
  });
  document.addEventListener("htmx:after:request", (event) => {
    const ctx = event.detail.ctx;
    if (!ctx.text?.includes("<li data-same=")) return;
    const shown = new Map(cards().map((card) => [card.dataset.card, card]));
    ctx.text = ctx.text.replace(/<li data-same=([\w.]+)><\/li>/g, (gap, key) => shown.get(key)?.outerHTML ?? gap);
    if (ctx.text.includes("<li data-same=")) location.reload(); // it went away meanwhile
  });
})();
