// Runs before the first paint: the chosen theme, the language and the density, so that nothing flashes or jumps.
(function () {
  var root = document.documentElement;
  var read = function (key) {
    try {
      return localStorage.getItem("callcenter." + key);
    } catch (_) {
      return null;
    }
  };
  var theme = read("theme");
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  if (new URLSearchParams(location.search).has("wall")) root.dataset.density = "wall";
  root.lang = read("language") || (/^zh/i.test(navigator.language) ? "zh-CN" : "en");
})();
