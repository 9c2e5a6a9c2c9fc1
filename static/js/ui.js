// Small progressive helpers. Every screen works without this file: links are links, forms post, <details> opens.
(() => {
  const root = document.documentElement, body = document.body;
  const $ = (s, el = document) => el.querySelector(s);
  const $$ = (s, el = document) => [...el.querySelectorAll(s)];
  const csrf = () => JSON.parse(body.getAttribute("hx-headers:inherited") || "{}")["X-CSRFToken"] || "";

  // Toasts: 8 seconds, longer while looked at. The server sends them; these are for what never reached it.
  const dying = new WeakMap();
  const arm = (t) => { clearTimeout(dying.get(t)); dying.set(t, setTimeout(() => { if (!t.matches(":hover, :focus-within")) t.remove(); else arm(t); }, 8000)); };
  const armAll = () => $$("[data-toast]").forEach((t) => dying.has(t) || arm(t));
  const toast = (text) => {
    const t = document.createElement("div");
    t.className = "toast"; t.dataset.toast = ""; t.setAttribute("role", "status"); t.textContent = text;
    $("#toasts")?.append(t); arm(t);
  };
  armAll();

  // Theme: rendered by the server for the person, changed here at once and told to the server.
  const isDark = () => root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  const turnTheme = () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    if (body.dataset.themeUrl) fetch(body.dataset.themeUrl, { method: "POST", headers: { "X-CSRFToken": csrf() }, body: new URLSearchParams({ theme: root.dataset.theme }) });
  };

  // Dialogs: data-open="id" shows, data-close closes. Focus returns to the opener by itself.
  document.addEventListener("click", (e) => {
    const t = e.target.closest("[data-open],[data-close],[data-dismiss],[data-theme-toggle],[data-fill],[data-set],[aria-disabled=true]");
    if (e.target.matches("dialog.palette")) return e.target.close();
    if (!t) return;
    if (t.dataset.open) { e.preventDefault(); document.getElementById(t.dataset.open)?.showModal(); }
    else if ("close" in t.dataset) t.closest("dialog")?.close();
    else if ("dismiss" in t.dataset) t.closest(".toast, .note")?.remove();
    else if (t.dataset.fill) { const f = document.getElementById(t.dataset.fill); f.value += (f.value ? "\n" : "") + t.textContent.trim() + ": "; f.focus(); }
    else if (t.dataset.set) { const f = document.getElementById(t.dataset.set); f.value = t.dataset.value; f.dispatchEvent(new Event("change", { bubbles: true })); }
    else if ("themeToggle" in t.dataset) turnTheme();
    else if (t.getAttribute("aria-disabled") === "true" && !t.dataset.open && !t.hasAttribute("hx-get")) e.preventDefault();
  });
  const openTarget = () => { const el = location.hash.length > 1 && document.getElementById(location.hash.slice(1)); if (el instanceof HTMLDialogElement && !el.open) el.showModal(); };
  openTarget();
  addEventListener("hashchange", openTarget);

  // Drafts: what is typed into [data-draft] survives a reload and is forgotten once it is saved.
  const draftKey = (f) => `draft:${f.dataset.draft}`;
  const restoreDrafts = () => $$("[data-draft]").forEach((f) => { if (!f.value && localStorage.getItem(draftKey(f))) f.value = localStorage.getItem(draftKey(f)); });
  document.addEventListener("input", (e) => { if (e.target.dataset?.draft) localStorage.setItem(draftKey(e.target), e.target.value); });
  const forgetDrafts = (form) => $$("[data-draft]", form).forEach((f) => localStorage.removeItem(draftKey(f)));
  document.addEventListener("submit", (e) => { if (!e.target.matches("[hx-post]")) forgetDrafts(e.target); });
  restoreDrafts();

  // After htmx has swapped: open a dialog that came, focus what asks for it, start its toasts.
  const settle = () => {
    armAll(); restoreDrafts(); sortable(); choosers();
    const d = $("#dialogs dialog:not([open])"); if (d) { d.addEventListener("close", () => d.remove()); d.showModal(); }
    $("[data-focus]")?.focus();
  };
  document.addEventListener("htmx:after:swap", settle);
  document.addEventListener("htmx:after:settle", settle);
  document.addEventListener("htmx:after:request", (e) => {
    const d = e.detail || {}, status = d.ctx?.response?.status || 0, el = d.ctx?.sourceElement;
    if (status >= 200 && status < 400 && el instanceof Element) { const form = el.closest("form"); if (form) { forgetDrafts(form); if (form.closest("dialog") && form.hasAttribute("data-closes")) form.closest("dialog").close(); } }
  });
  document.addEventListener("htmx:error", () => toast(navigator.onLine ? body.dataset.failed : body.dataset.offline));
  document.addEventListener("htmx:response:error", (e) => { if ((e.detail?.ctx?.response?.status || 0) >= 500) toast(body.dataset.failed); });

  // Command palette: results while typing, never while the IME composes.
  const palette = $("#palette");
  if (palette) {
    const input = $("[data-palette-input]", palette);
    let at = 0, wait, composing = false;
    const options = () => $$('[role="option"]', palette).filter((o) => o.offsetParent);
    const mark = (i) => {
      const opts = options(); if (!opts.length) return;
      at = (i + opts.length) % opts.length;
      opts.forEach((o, n) => { o.id ||= `pal-${Math.random().toString(36).slice(2)}`; o.tabIndex = -1; o.setAttribute("aria-selected", n === at); });
      input.setAttribute("aria-activedescendant", opts[at].id); opts[at].scrollIntoView({ block: "nearest" });
    };
    const narrow = () => {
      const q = input.value.trim(), actions = q.startsWith(">"), needle = q.replace(/^>/, "").trim().toLowerCase();
      $$("[data-palette-actions] li", palette).forEach((li) => { li.hidden = needle !== "" && !li.textContent.toLowerCase().includes(needle); });
      clearTimeout(wait);
      if (actions || !q) { $("#palette-found").replaceChildren(); mark(0); }
      else wait = setTimeout(() => input.dispatchEvent(new Event("palette-search")), 120);
      mark(0);
    };
    input.addEventListener("compositionstart", () => { composing = true; });
    input.addEventListener("compositionend", () => { composing = false; narrow(); });
    input.addEventListener("input", () => { if (!composing) narrow(); });
    palette.addEventListener("keydown", (e) => {
      if (e.isComposing) return;
      if (e.key === "ArrowDown") { mark(at + 1); e.preventDefault(); }
      if (e.key === "ArrowUp") { mark(at - 1); e.preventDefault(); }
      if (e.key === "Enter") { const o = options()[at]; if (o) { e.preventDefault(); o.click(); } }
    });
    document.addEventListener("htmx:after:swap", () => { if (palette.open) mark(0); });
    mark(0);
  }

  // Board: a card dragged to another column posts the card's own form.
  function sortable() {
    if (!window.Sortable) return;
    $$("[data-sortable]").forEach((col) => {
      if (col.dataset.ready) return;
      col.dataset.ready = "1";
      new Sortable(col, {
        group: "board", animation: 120, delay: 180, delayOnTouchOnly: true, draggable: "[data-card]", filter: "a, button, select", preventOnFilter: false,
        onEnd: (e) => {
          if (e.from === e.to) return;
          const form = $("form[data-move]", e.item);
          form.elements.to.value = e.to.dataset.sortable;
          const back = () => { const next = e.from.children[e.oldIndex]; e.from.insertBefore(e.item, next || null); };
          e.item.addEventListener("move-refused", back, { once: true });
          form.requestSubmit();
        },
      });
    });
  }
  document.addEventListener("htmx:after:request", (e) => {
    const ctx = e.detail?.ctx, form = ctx?.sourceElement;
    if (form instanceof Element && form.matches("form[data-move]") && !(ctx.response?.status < 400)) form.closest("[data-card]")?.dispatchEvent(new Event("move-refused"));
  });
  sortable();

  // Choosers: a <select data-search-url> becomes a search box.
  function choosers() {
    if (!window.TomSelect) return;
    $$("select[data-search-url]").forEach((s) => {
      if (s.tomselect) return;
      new TomSelect(s, {
        valueField: "id", labelField: "label", searchField: [], loadThrottle: 150, maxOptions: 20, create: "create" in s.dataset,
        load: (q, done) => fetch(`${s.dataset.searchUrl}?q=${encodeURIComponent(q)}`, { headers: { Accept: "application/json" } }).then((r) => r.json()).then((j) => done(j.options)).catch(() => done()),
      });
    });
  }
  choosers();

  // Forms that act as soon as something is chosen; their button is for those without JavaScript.
  document.addEventListener("change", (e) => { if (e.target.matches("[data-submit]")) e.target.form.requestSubmit(); });
  document.addEventListener("change", (e) => {
    if (!e.target.matches("[data-check-all]")) return;
    $$(`input[name="${CSS.escape(e.target.dataset.checkAll)}"]`).forEach((c) => { c.checked = e.target.checked; });
  });
  // Files dropped onto a field.
  document.addEventListener("dragover", (e) => { if (e.target.closest?.("[data-drop]")) e.preventDefault(); });
  document.addEventListener("drop", (e) => {
    const zone = e.target.closest?.("[data-drop]"); if (!zone) return;
    e.preventDefault();
    const f = $("input[type=file]", zone); f.files = e.dataTransfer.files; f.dispatchEvent(new Event("change", { bubbles: true }));
  });

  // Keyboard. Single letters can be switched off in the settings (WCAG 2.1.4): <html data-keys="off">
  let cursor = -1, chord = 0;
  const go = { h: "home", p: "deals", l: "leads", a: "accounts", m: "team" };
  const step = (by) => {
    const rows = $$("[data-nav] > *").filter((r) => r.offsetParent);
    if (!rows.length) return;
    if (cursor < 0) cursor = rows.findIndex((r) => r.classList.contains("is-cursor"));
    rows[cursor]?.classList.remove("is-cursor");
    cursor = Math.min(rows.length - 1, Math.max(0, cursor + by));
    rows[cursor].classList.add("is-cursor");
    $("a, button", rows[cursor])?.focus();
    rows[cursor].scrollIntoView({ block: "nearest" });
  };
  const arrows = (e) => {
    const card = document.activeElement?.closest?.("[data-card]"); if (!card) return false;
    const cols = $$("[data-sortable]"), col = card.closest("[data-sortable]"), cards = $$("[data-card]", col), n = cards.indexOf(card);
    const to = e.key === "ArrowDown" ? cards[n + 1] : e.key === "ArrowUp" ? cards[n - 1]
      : $$("[data-card]", cols[cols.indexOf(col) + (e.key === "ArrowRight" ? 1 : -1)] || col)[Math.max(0, n)] || $$("[data-card]", cols[cols.indexOf(col) + (e.key === "ArrowRight" ? 1 : -1)] || col).pop();
    $("a", to || card)?.focus(); return true;
  };
  document.addEventListener("keydown", (e) => {
    if ((e.ctrlKey || e.metaKey) && e.key.toLowerCase() === "k") { e.preventDefault(); palette?.showModal(); return; }
    if ((e.ctrlKey || e.metaKey) && e.key === "Enter") { e.target.closest("form")?.requestSubmit(); return; }
    if (e.key === "Escape") { const c = e.target.closest?.("[data-cancel]"); if (c && !e.isComposing) $(c.dataset.cancel)?.click(); }
    if (e.ctrlKey || e.metaKey || e.altKey || e.isComposing) return;
    if (e.target.closest("input, textarea, select, [contenteditable], dialog[open]")) return;
    if (e.key.startsWith("Arrow")) { if (arrows(e)) e.preventDefault(); return; }
    if (root.dataset.keys === "off") return;
    const key = e.key.length === 1 ? e.key.toLowerCase() : e.key;
    if (chord && Date.now() - chord < 1200 && go[key]) { chord = 0; e.preventDefault(); $(`[data-go="${go[key]}"]`)?.click(); return; }
    chord = 0;
    if (key === "g") { chord = Date.now(); return; }
    if (key === "/") { e.preventDefault(); palette?.showModal(); }
    else if (key === "?") document.getElementById("shortcuts")?.showModal();
    else if (key === "j" || key === "k") step(key === "j" ? 1 : -1);
    else {
      const scope = $("[data-nav] > .is-cursor") || document;
      const hit = $(`[data-key="${CSS.escape(key)}"]`, scope) || $(`[data-key="${CSS.escape(key)}"]`);
      if (hit) { e.preventDefault(); hit.click(); }
    }
  });
})();
