"""How well each text of a page stands out, computed in the page from the colours it really has."""

from __future__ import annotations

CONTRAST_MIN = 4.5
"""What WCAG 2.2 asks of text of ordinary size (1.4.3, level AA)."""

CONTRASTS = """() => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  canvas.canvas.width = canvas.canvas.height = 1;

  // Any CSS colour as red, green, blue and opacity: a computed one need not be rgb().
  const parts = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    const [red, green, blue, opacity] = canvas.getImageData(0, 0, 1, 1).data;
    return [red, green, blue, opacity / 255];
  };
  const over = (front, back, opacity) =>
    [0, 1, 2].map((at) => front[at] * opacity + back[at] * (1 - opacity));

  // What is painted behind: boxes outermost first, then the band of a row of a ladder.
  const behind = (one) => {
    const boxes = [];
    for (let at = one; at; at = at.parentElement) {
      boxes.unshift(getComputedStyle(at).backgroundColor);
    }
    const band = one.closest('.rung')?.querySelector('.band');
    if (band) boxes.push(getComputedStyle(band).fill);
    return boxes.map(parts).reduce((back, front) => over(front, back, front[3]), [255, 255, 255]);
  };
  const opacity = (one) => {
    let product = 1;
    for (let at = one; at; at = at.parentElement) product *= getComputedStyle(at).opacity;
    return product;
  };

  const luminance = (color) => {
    const [red, green, blue] = color.map((part) => part / 255)
      .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const contrast = (one) => {
    const style = getComputedStyle(one);
    const drawn = one instanceof SVGElement;
    const color = parts(drawn ? style.fill : style.webkitTextFillColor);
    const back = behind(one);
    const shown = color[3] * opacity(one) * (drawn ? style.fillOpacity : 1);
    const [darker, lighter] = [over(color, back, shown), back].map(luminance).sort((a, b) => a - b);
    return (lighter + 0.05) / (darker + 0.05);
  };

  return [...document.querySelectorAll('body, body *:not(script, option, title, desc)')]
    .filter((one) => one.checkVisibility())
    .filter((one) => [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim()))
    .map((one) => [one.outerHTML.slice(0, 160), contrast(one)]);
}"""
"""Each element with a text of its own that is shown: the element as text, and its contrast."""
