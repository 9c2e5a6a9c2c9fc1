// Small progressive helpers. Every screen works without them: links are links, forms post, <details> opens.
// ui.js: dialogs, toasts, theme, drafts, choosers. live.js: what htmx swaps. keys.js: keyboard. palette.js: search.
const ui = (() => {
  const root = document.documentElement, body = document.body;
  const $ = (selector, from = document) => from.querySelector(selector);
  const $$ = (selector, from = document) => [...from.querySelectorAll(selector)];
  const composing = (event) => event.isComposing || event.keyCode === 229; // Safari ends a conversion before its keydown
  const csrf = () => JSON.parse(body.getAttribute("hx-headers:inherited") || "{}")["X-CSRFToken"] || "";

  // Toasts: eight seconds, longer while looked at. The server sends them; say() is for what never reached it.
  const timers = new WeakMap();
  const arm = (toast) => {
    timers.set(toast, setTimeout(() => (toast.matches(":hover, :focus-within") ? arm(toast) : toast.remove()), 8000));
  };
  const armToasts = () => $$("#toasts [data-toast]").forEach((toast) => timers.has(toast) || arm(toast));
  const say = (text) => {
    if (!text || $$("#toasts .toast").some((shown) => shown.textContent.trim() === text)) return;
    const toast = document.createElement("div");
    toast.className = "toast";
    toast.dataset.toast = "";
    toast.textContent = text;
    $("#toasts")?.append(toast);
    arm(toast);
  };

  // Theme: rendered by the server for the person, changed here at once and told to the server.
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches);
  const turnTheme = () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    const told = { method: "POST", headers: { "X-CSRFToken": csrf() }, body: new URLSearchParams({ theme: root.dataset.theme }) };
    if (body.dataset.themeUrl) fetch(body.dataset.themeUrl, told).catch(() => say(body.dataset.offline));
  };

  // Clicks on elements that say what they do.
  const open = (id) => { const dialog = document.getElementById(id); if (dialog && !dialog.open) { dialog.showModal(); dialog.dispatchEvent(new Event("opened")); } };
  const fill = (button) => {
    const text = document.getElementById(button.dataset.fill);
    text.value += `${text.value ? "\n" : ""}${button.textContent.trim()}: `;
    text.dispatchEvent(new Event("input", { bubbles: true }));
    text.focus();
  };
  const set = (button) => {
    const control = document.getElementById(button.dataset.set);
    control.value = button.dataset.value;
    control.dispatchEvent(new Event("input", { bubbles: true }));
    control.dispatchEvent(new Event("change", { bubbles: true }));
  };
  // data-sets="id=value&id=on": several controls at once; what can be checked is.
  const sets = (button) => new URLSearchParams(button.dataset.sets).forEach((value, id) => {
    const control = document.getElementById(id);
    if (!control) return;
    if (["radio", "checkbox"].includes(control.type)) control.checked = true; else control.value = value;
    control.dispatchEvent(new Event("change", { bubbles: true }));
  });
  document.addEventListener("click", (event) => {
    if (event.target.matches("dialog.palette")) return event.target.close();
    const it = event.target.closest("[data-open],[data-close],[data-dismiss],[data-theme-toggle],[data-fill],[data-set],[data-sets],[data-copy],[data-print],[data-more],[data-language],[aria-disabled=true]");
    if (!it) return;
    if (it.dataset.open) { event.preventDefault(); it.closest("dialog.palette")?.close(); open(it.dataset.open); }
    else if ("close" in it.dataset) it.closest("dialog")?.close();
    else if ("dismiss" in it.dataset) it.closest(".toast, .note")?.remove();
    else if ("themeToggle" in it.dataset) turnTheme();
    else if ("print" in it.dataset) print();
    else if ("more" in it.dataset) it.ariaExpanded = it.ariaExpanded !== "true";
    else if (it.dataset.language) { document.cookie = `language=${it.dataset.language};path=/;max-age=31536000;samesite=lax`; location.reload(); }
    else if (it.dataset.fill) fill(it);
    else if (it.dataset.set) set(it);
    else if (it.dataset.sets) sets(it);
    else if (it.dataset.copy) navigator.clipboard?.writeText(it.dataset.copy === "page" ? location.href : it.dataset.copy).then(() => say(it.dataset.copied || body.dataset.copied));
    else if (!it.hasAttribute("hx-get")) event.preventDefault();
  });
  const openTarget = () => {
    const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target instanceof HTMLDialogElement && !target.open) target.showModal();
  };
  addEventListener("hashchange", openTarget);

  // Drafts: what is typed into [data-draft] survives a reload and is forgotten once it is saved.
  const draftOf = (text) => `draft:${body.dataset.me}:${text.dataset.draft}`; // a device may be shared
  const restoreDrafts = () => $$("[data-draft]").forEach((text) => { text.value ||= localStorage.getItem(draftOf(text)) || ""; });
  const forgetDrafts = (form) => $$("[data-draft]", form).forEach((text) => localStorage.removeItem(draftOf(text)));
  document.addEventListener("input", ({ target }) => {
    if (!target.dataset?.draft) return;
    if (target.value) localStorage.setItem(draftOf(target), target.value);
    else localStorage.removeItem(draftOf(target));
  });
  document.addEventListener("submit", ({ target }) => { if (!target.matches("[hx-post]")) forgetDrafts(target); });

  // Choosers: a <select data-search-url> becomes a search box; the server does the matching.
  const choosers = () => window.TomSelect && $$("select[data-search-url]").forEach((select) => {
    if (select.tomselect) return;
    const found = (query) => fetch(`${select.dataset.searchUrl}?q=${encodeURIComponent(query)}`, { headers: { Accept: "application/json" } });
    new TomSelect(select, {
      valueField: "id", labelField: "label", searchField: [], loadThrottle: 150, maxOptions: 20, create: "create" in select.dataset,
      load: (query, done) => found(query).then((answer) => answer.json()).then((json) => done(json.options)).catch(() => done()),
    });
  });

  // Forms that act as soon as something is chosen; their button is for those without JavaScript.
  document.addEventListener("change", ({ target }) => { if (target.matches("[data-submit]")) target.form.requestSubmit(); });

  // As boards and lists show it: ¥2億910万, ¥209.1M.
  const shortYen = (yen) => {
    if (root.lang === "ja" && yen >= 99500 && yen < 1e8) return `¥${Math.round(yen / 1e4).toLocaleString("ja")}万`;
    if (root.lang !== "ja" || yen < 1e8) return new Intl.NumberFormat(root.lang, { currency: "JPY", style: "currency", notation: "compact" }).format(yen).replace("￥", "¥");
    const [oku, man] = [Math.floor(Math.round(yen / 1e4) / 1e4), Math.round(yen / 1e4) % 1e4];
    return `¥${oku.toLocaleString("ja")}億${man ? `${man.toLocaleString("ja")}万` : ""}`;
  };
  // Rows that are picked: the bar says how many and how much.
  const picks = () => $$('[data-nav] input[type="checkbox"]');
  const showPicked = () => {
    const boxes = picks(), picked = boxes.filter((box) => box.checked);
    boxes.forEach((box) => { const row = box.closest("tr"); if (row) row.ariaSelected = box.checked; });
    const yen = picked.reduce((sum, box) => sum + Number(box.dataset.amount || 0), 0);
    const amount = shortYen(yen);
    $$("[data-bulk]").forEach((bar) => {
      bar.hidden = !picked.length;
      $$("[data-bulk-count]", bar).forEach((slot) => { slot.textContent = picked.length; });
      $$("[data-bulk-amount]", bar).forEach((slot) => { slot.textContent = yen ? amount : ""; });
    });
    $$("[data-check-all]").forEach((all) => { all.checked = boxes.length > 0 && picked.length === boxes.length; all.indeterminate = !all.checked && picked.length > 0; });
  };
  document.addEventListener("change", ({ target }) => {
    if (target.matches("[data-check-all]")) $$(`input[name="${CSS.escape(target.dataset.checkAll)}"]`).forEach((box) => { box.checked = target.checked; });
    if (target.matches('[type="checkbox"]')) showPicked();
  });

  // Lists with a panel beside them: the row that has the focus is the one that the panel shows.
  document.addEventListener("focusin", ({ target }) => {
    const row = target.closest?.("[data-side] > *");
    if (!row) return;
    $$("[data-side] > .is-on").forEach((old) => old.classList.remove("is-on"));
    row.classList.add("is-on");
  });

  // Files dropped onto a field.
  document.addEventListener("dragover", (event) => { if (event.target.closest?.("[data-drop]")) event.preventDefault(); });
  document.addEventListener("drop", (event) => {
    const zone = event.target.closest?.("[data-drop]");
    if (!zone) return;
    event.preventDefault();
    const input = $("input[type=file]", zone);
    input.files = event.dataTransfer.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });

  const refresh = () => { armToasts(); restoreDrafts(); choosers(); };
  const focusOnce = (from = document) => {
    const it = $("[data-focus]", from);
    if (it) { it.removeAttribute("data-focus"); it.focus(); }
    return it;
  };
  $(".views [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" }); // the row scrolls on a phone
  refresh();
  openTarget();
  showPicked();
  focusOnce();
  return { root, body, $, $$, composing, csrf, say, open, refresh, forgetDrafts, focusOnce, showPicked };
})();
