const density = x => Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
// The part of N(0, 1) above x: a power series, and far out Laplace's continued fraction.
const above = x => {
  if (x < 0) return 1 - above(-x);
  let sum = x, term = x;
  if (x > 2) {
    for (let k = 200; k > 0; k--) sum = x + k / sum;
    return density(x) / sum;
  }
  for (let k = 3; k < 60; k += 2) sum += term *= x * x / k;
  return 0.5 - density(x) * sum;
};
const draw = (w, r, prior) => {
  const grid = Array.from({length: 85}, (_, i) => -3.2 + i / 10);
  const heights = {negatives: x => (1 - prior) * density(x), positives: x => prior * density(x - 2)};
  const area = (height, from) =>
    [[from, 0], ...[from, ...grid.filter(x => x > from)].map(x => [x, height(x)]), [grid.at(-1), 0]];
  const cutOf = weight => 1 - Math.log(weight * prior / (1 - prior)) / 2;
  const misses = cut => 1000 * prior * above(2 - cut), alarms = cut => 1000 * (1 - prior) * above(cut);
  const cost = cut => r * misses(cut) + alarms(cut);
  const cut = cutOf(w), best = cutOf(r), unit = 1000 * Math.min(r * prior, 1 - prior);
  const [fn, fp] = [misses(cut), alarms(cut)], tp = 1000 * prior - fn;
  const costs = grid.map(x => [x, cost(x) / unit]).filter(([, share]) => share < 2);
  return {
    false_alarms: area(heights.negatives, cut),
    found: area(heights.positives, cut),
    negatives: grid.map(x => [x, heights.negatives(x)]),
    positives: grid.map(x => [x, heights.positives(x)]),
    boundary: [[cut, 0], [cut, 0.42]],
    costs,
    cheapest: [[best, 0], [best, 2]],
    here: [[cut, Math.min(cost(cut) / unit, 2)]],
    said: `w⁺ = ${w} raises the alarm where P(y = 1 | score) > ${+(1 / (1 + w)).toPrecision(3)}. Of 1,000 cases: ` +
      `TN ${(1000 * (1 - prior) - fp).toFixed(0)}, FP ${fp.toFixed(0)}, FN ${fn.toFixed(0)}, TP ${tp.toFixed(0)}; ` +
      `recall ${(tp / (1000 * prior)).toFixed(2)}, precision ${(tp / (tp + fp)).toFixed(2)}. ` +
      `If a miss costs as much as r = ${r} false alarms, that is ${cost(cut).toFixed(0)} in all` +
      (w === r ? ", the least." : `; the least, ${cost(best).toFixed(0)}, is at w⁺ = r.`),
  };
};
