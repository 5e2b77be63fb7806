// Shows the field for a time only while "Until a time" is chosen.
(() => {
  const ends = document.getElementById("id_hold-ends");
  const until = document.getElementById("id_hold-until");
  if (!ends || !until) return;
  const entry = until.closest(".entry");
  const show = () => { entry.hidden = ends.value !== "time"; };
  ends.addEventListener("change", show);
  show();
})();
