// What is logged without a connection is kept on the device and sent once, later: the key of the form makes it once.
(() => {
  const { body, $, $$, say } = ui;
  const box = $("#outbox"), store = `outbox:${body.dataset.me}`;
  if (!box || !body.dataset.me) return;
  const choice = `${box.dataset.log}?pick=1`; // its page with whom one may have talked
  const read = () => JSON.parse(localStorage.getItem(store) || "[]");
  const write = (kept) => { if (kept.length) localStorage.setItem(store, JSON.stringify(kept)); else localStorage.removeItem(store); show(); };
  const drop = (id) => write(read().filter((item) => item.id !== id));
  const freshKey = () => {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 15) | 64; bytes[8] = (bytes[8] & 63) | 128;
    return [...bytes].map((byte, n) => ([4, 6, 8, 10].includes(n) ? "-" : "") + byte.toString(16).padStart(2, "0")).join("");
  };

  // Before saving: the badge says that it will be kept here. After: how much waits, and what was refused.
  function show() {
    const kept = read(), refused = kept.filter((item) => item.refused);
    $$("[data-offline-badge]").forEach((badge) => { badge.hidden = navigator.onLine; });
    box.hidden = !kept.length;
    $("[data-count]", box).textContent = kept.length - refused.length;
    $("[data-waiting]", box).hidden = kept.length === refused.length;
    $("[data-refused]", box).replaceChildren(...refused.map((item) => {
      const row = $("template", box).content.cloneNode(true), text = item.fields.find(([name]) => name === "body")?.[1] || "";
      $("[data-title]", row).textContent = item.title;
      $("[data-text]", row).textContent = text;
      $("[data-copy]", row).dataset.copy = text;
      $("[data-drop]", row).dataset.drop = item.id;
      return row;
    }));
  }

  ui.keepForLater = (form) => {
    if (!(form instanceof HTMLFormElement) || !("outbox" in form.dataset)) return false;
    const fields = [...new FormData(form)].filter(([name, value]) => name !== "csrfmiddlewaretoken" && typeof value === "string");
    const id = form.elements.once.value; // had it reached the server after all, the same key does nothing a second time
    write([...read().filter((item) => item.id !== id), { id, url: form.action, fields, title: form.dataset.outbox, at: new Date().toISOString() }]);
    ui.forgetDrafts(form);
    form.reset();
    form.elements.once.value = freshKey(); // what is written next is something else
    $$("textarea", form).forEach((text) => { text.value = ""; });
    form.closest("dialog")?.close();
    say(box.dataset.kept);
    return true;
  };
  document.addEventListener("submit", (event) => {
    if (navigator.onLine || !ui.keepForLater(event.target)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }, true);

  // A page that was kept for offline use carries an old key of its form and perhaps an old token.
  const renew = () => $$("form[data-outbox]").forEach((form) => { form.elements.once.value = freshKey(); });
  const freshToken = async () => (await (await fetch(choice)).text()).match(/"X-CSRFToken": "([^"]+)"/)?.[1];

  // One after the other, the oldest first. A lost answer is asked for again: the server does it once.
  const post = async (item, token = ui.csrf()) => {
    const sent = new URLSearchParams(item.fields);
    sent.set("written_at", item.at);
    let answer;
    try {
      answer = await fetch(item.url, { method: "POST", body: sent, redirect: "manual", headers: { "X-CSRFToken": token, "HX-Request": "true" } });
      if (answer.status === 403 && token === ui.csrf()) return await post(item, await freshToken());
    } catch { return false; }
    if (answer.ok && answer.headers.has("HX-Redirect")) { drop(item.id); say(`${box.dataset.sent} ${item.title}`); return true; }
    if (![403, 404, 409, 422].includes(answer.status)) return false; // signed out, or the server is not well: later
    write(read().map((one) => (one.id === item.id ? { ...one, refused: answer.status } : one)));
    return true;
  };
  let busy = false;
  const send = async () => {
    if (busy || !navigator.onLine) return;
    busy = true;
    for (const item of read().filter((one) => !one.refused)) if (!(await post(item))) break;
    busy = false;
  };
  box.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-drop], [data-send]");
    if (!button) return;
    if (button.dataset.drop) drop(button.dataset.drop); else send();
  });
  addEventListener("online", () => { show(); send(); });
  addEventListener("offline", show);
  addEventListener("storage", show);
  document.addEventListener("htmx:after:swap", show);
  setInterval(send, 60000);
  renew();
  show();
  send();

  // The quick log opens without a connection too; what it needs is fetched anew every four hours, and after a login.
  const warmed = `warm:${body.dataset.me}`;
  const isWarm = async () => Date.now() - Number(localStorage.getItem(warmed) || 0) < 4 * 3600e3 && (await caches.match(choice));
  // Whoever logs nothing needs none of it.
  if ("mayLog" in body.dataset) navigator.serviceWorker?.register(box.dataset.worker).then(() => navigator.serviceWorker.ready).then(async ({ active }) => {
    if (await isWarm()) return;
    active.postMessage("warm");
    localStorage.setItem(warmed, Date.now());
  }).catch(() => {});
})();
