// Brings the list of orders up to date each second; without it the page stands still, but works.
"use strict";
(() => {
  const rows = document.getElementById("rows");
  const figures = document.getElementById("figures");
  const news = document.getElementById("news");
  if (!rows || !figures || !news) return;
  const address = "/dev/orders.json?lang=" + encodeURIComponent(document.body.dataset.language);
  let said = 0;

  const versions = () =>
    new Map([...rows.rows].map((row) => [row.dataset.order, row.dataset.version]));

  const show = (fresh) => {
    if (figures.innerHTML !== fresh.figures) figures.innerHTML = fresh.figures;
    if (fresh.rows === show.last) return;
    show.last = fresh.rows;
    const before = versions();
    const focused = document.activeElement?.closest?.("#rows tr")?.dataset.order;
    rows.innerHTML = fresh.rows; // escaped by the server; the policy of the page allows no scripts in it
    const moved = [...rows.rows].filter((row) => before.get(row.dataset.order) !== row.dataset.version);
    for (const row of moved) row.classList.add("moved");
    for (const row of rows.rows) if (focused && row.dataset.order === focused) row.querySelector("a")?.focus();
    if (moved.length && Date.now() - said > 5000) {
      said = Date.now();
      news.textContent = moved[0].dataset.news;
    }
  };

  const ask = async () => {
    try {
      if (!document.hidden) {
        const answer = await fetch(address, { headers: { Accept: "application/json" } });
        if (!answer.ok) throw new Error(answer.statusText);
        show(await answer.json());
        document.body.classList.remove("stale");
      }
    } catch {
      if (!document.body.classList.contains("stale")) news.textContent = "The hub does not answer.";
      document.body.classList.add("stale");
    }
    setTimeout(ask, 1000);
  };
  setTimeout(ask, 1000);
})();
