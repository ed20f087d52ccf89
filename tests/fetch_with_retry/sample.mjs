// The sample that guides print, rendered anew and left as it is: three attempts, 1 s and 2 s apart, Retry-After read
// as a number.

const AGAIN = [500, 502, 503, 504];

export async function fetchWithRetry(url, options = {}, maxRetries = 3) {
  for (let attempt = 0; attempt < maxRetries; attempt++) {
    const response = await fetch(url, options);
    if (!AGAIN.includes(response.status)) return response;
    if (attempt === maxRetries - 1) throw new Error(`still ${response.status} after ${maxRetries} attempts`);
    const retryAfter = response.headers.get("Retry-After");
    const delay = retryAfter ? parseInt(retryAfter) * 1000 : Math.min(1000 * 2 ** attempt, 10000);
    await new Promise((resolve) => setTimeout(resolve, delay));
  }
}
