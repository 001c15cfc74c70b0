/** Amounts of money as text. */

/**
 * As `money_text` of the server: the decimals of the currency, rounded half up, and no sum that is there reads as none.
 *
 * `amount` is a decimal in text. It is counted in millionths, as the ledger does: floating point would round some sums down.
 */
export function moneyText(amount, currency, digits) {
  const [whole, part = ""] = amount.replace("-", "").split(".");
  const millionths = BigInt(whole + part.padEnd(6, "0").slice(0, 6));
  const coin = 10n ** BigInt(6 - digits);
  const tiny = millionths > 0n && millionths < coin;
  const coins = tiny ? 1n : (millionths + coin / 2n) / coin;
  const figures = String(coins).padStart(digits + 1, "0");
  const places = digits ? `.${figures.slice(-digits)}` : "";
  const text = figures.slice(0, figures.length - digits).replace(/\B(?=(\d{3})+(?!\d))/g, ",") + places;
  const negative = amount.startsWith("-") && millionths > 0n;
  const sign = negative && !tiny ? "−" : "";
  const written = currency === "USD" ? `${sign}$${text}` : `${sign}${text} ${currency}`;
  return tiny ? `${negative ? "minus " : ""}under ${written}` : written;
}
