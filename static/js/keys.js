// Keyboard. Single letters can be switched off in the settings (WCAG 2.1.4): <html data-keys="off">
(() => {
  const { root, $, $$ } = ui;
  const PLACES = { h: "home", p: "deals", l: "leads", a: "accounts", m: "team" };
  let chord = 0, lastPicked = null;

  const rows = () => $$("[data-nav] > *").filter((row) => row.checkVisibility());
  const here = () => document.activeElement?.closest("[data-nav] > *, [data-card]") || $("[data-nav] > .is-cursor");
  const put = (row) => {
    $$(".is-cursor").forEach((old) => old.classList.remove("is-cursor"));
    row.classList.add("is-cursor");
    ($("th a, .t a, h3 a", row) || $("a, button", row))?.focus();
    row.scrollIntoView({ block: "nearest" });
  };
  const step = (by) => {
    const list = rows();
    if (list.length) return put(list[Math.min(list.length - 1, Math.max(0, list.indexOf(here()) + by))]);
    // The board has no rows: its first card is the way in, from there it goes down and up the column.
    if (!across(by > 0 ? "ArrowDown" : "ArrowUp")) $("[data-sortable] [data-card] h3 a")?.focus();
  };

  // X picks the row, Shift X everything since the last one.
  const pick = (range) => {
    const list = rows(), row = here(), box = row && $('input[type="checkbox"]', row);
    if (!box) return;
    const checked = !box.checked, from = range && lastPicked ? list.indexOf(lastPicked) : -1, to = list.indexOf(row);
    const picked = from < 0 ? [row] : list.slice(Math.min(from, to), Math.max(from, to) + 1);
    picked.forEach((one) => { const its = $('input[type="checkbox"]', one); if (its) its.checked = from < 0 ? checked : true; });
    lastPicked = row;
    ui.showPicked();
  };

  // Arrows on the board: up and down in a column, across to the card at the same height.
  const across = (key) => {
    const card = document.activeElement?.closest("[data-card]"), column = card?.closest("[data-sortable]");
    if (!column) return false;
    const columns = $$("[data-sortable]").filter((one) => one === column || $("[data-card]", one));
    const cards = $$("[data-card]", column), n = cards.indexOf(card), by = { ArrowRight: 1, ArrowLeft: -1 }[key];
    const beside = by ? $$("[data-card]", columns[columns.indexOf(column) + by] || column) : [];
    const to = by ? beside[Math.min(n, beside.length - 1)] : cards[n + (key === "ArrowDown" ? 1 : -1)];
    if (to) { $("h3 a, a", to)?.focus(); to.scrollIntoView({ block: "nearest", inline: "nearest" }); }
    return true;
  };

  // Enter answers what is open, unless it opens or presses what one is on.
  const settled = (on) => !on.closest("a, button, summary, input") || Boolean(on.closest("[data-nav] a[aria-current]"));

  const press = (key) => {
    const matching = (from) => $$(`[data-key="${CSS.escape(key)}"]`, from).filter((one) => !one.closest("dialog:not([open])"));
    const row = here(), all = matching(document);
    // Z takes back the newest; other keys act on the row one is in, else on the page, else everywhere.
    const ofPage = all.filter((one) => !one.closest("[data-nav] > *, [data-card]"));
    const card = key === "m" && row?.matches("[data-card]") ? $("form[data-move] button", row) : null;
    const hit = card || (key === "z" ? all.at(-1) : (row && matching(row)[0]) || ofPage.find((one) => one.checkVisibility()) || ofPage[0] || all[0]);
    hit?.click();
    // What a summary opens is to be written into.
    if (hit?.matches("summary") && hit.parentElement.open) $("input:not([type=hidden]), textarea, select", hit.parentElement)?.focus();
    return Boolean(hit);
  };

  document.addEventListener("keydown", (event) => {
    if (ui.composing(event)) return;
    const command = event.ctrlKey || event.metaKey;
    if (command && event.key.toLowerCase() === "k") { event.preventDefault(); return ui.search?.(); }
    if (command && event.key === "Enter") { const form = event.target.closest("form"); if (form) { event.preventDefault(); form.requestSubmit(); } return; }
    if (command || event.altKey || $("dialog[open]") || event.target.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]")) return;
    if (event.key.startsWith("Arrow")) { if (across(event.key)) event.preventDefault(); return; }
    if (root.dataset.keys === "off") return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const going = chord && Date.now() - chord < 1500 && PLACES[key];
    chord = 0;
    let done = true;
    if (going) $(`[data-go="${going}"]`)?.click();
    else if (key === "g") chord = Date.now();
    else if (key === "/") ui.search?.();
    else if (key === "?") ui.open("shortcuts");
    else if (key === "j" || key === "k") step(key === "j" ? 1 : -1);
    else if (key === "x" && rows().some((row) => $('input[type="checkbox"]', row))) pick(event.shiftKey);
    else if (key === "Enter") done = !event.repeat && settled(event.target) && press(key);
    else if (/^[a-z0-9[\]]$/.test(key)) done = press(key);
    else done = false;
    if (done) event.preventDefault();
  });
  // htmx takes the page up in a later task: a key pressed until then would leave the page instead of opening its dialog.
  window.htmx?.initialize();
})();
