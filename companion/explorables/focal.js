const logSigmoid = z => z < 0 ? z - Math.log1p(Math.exp(z)) : -Math.log1p(Math.exp(-z));
const sigmoid = z => Math.exp(logSigmoid(z));
const logit = p => Math.log(p / (1 - p));
// The log-odds of η whose minimiser is σ(z), as in companion.theory.
const focalOdds = (z, gamma) => {
  const logH = z => logSigmoid(z) - gamma * logSigmoid(-z) - Math.log1p(-gamma * Math.exp(z) * logSigmoid(z));
  return logH(z) - logH(-z);
};
const focalCorrection = (q, gamma, alpha) => sigmoid(focalOdds(logit(q), gamma) - logit(alpha));
const focalMinimiser = (eta, gamma, alpha) => {
  const target = logit(eta) + logit(alpha);
  let [low, high] = [Math.min(0, target), Math.max(0, target)]; // it lies between η and ½, in log-odds
  for (let step = 0; step < 60; step++) {
    const z = (low + high) / 2;
    if (focalOdds(z, gamma) < target) low = z; else high = z;
  }
  return sigmoid((low + high) / 2);
};
const draw = (gamma, alpha, eta) => {
  const grid = Array.from({length: 125}, (_, i) => (1 + 8 * i) / 1000).concat(0.999);
  const p = focalMinimiser(eta, gamma, alpha), changes = 1 - alpha;
  return {
    least: grid.map(q => [focalCorrection(q, gamma, alpha), q]),
    change: [[changes, 0], [changes, 0.5]],
    here: [[eta, p]],
    said: `γ = ${gamma}, α = ${alpha}: where η = ${eta}, the loss is least at p = ${p.toFixed(3)}. ` +
      `That is above ½ where η is above ${+changes.toFixed(2)}.`,
  };
};
