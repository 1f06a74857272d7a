/** A simulated day lasts this long, so that its curve shows while one watches. */
const DAY_MS = 10 * 60_000;
const HOT_SPOT_EVERY_MS = 40_000;
const HOT_SPOT_MS = 45_000;
const HOT_SPOT_DEGREES = 14;
const SENSORS_PER_CITY = 10;

const CITIES = [
  { name: "Athens", mean: 25, swing: 4, phase: 0.34 },
  { name: "Bergen", mean: 8.5, swing: 2.5, phase: 0.7 },
  { name: "Delhi", mean: 31, swing: 4.5, phase: 0.1 },
  { name: "Lisbon", mean: 20, swing: 3, phase: 0.52 },
  { name: "Vienna", mean: 15, swing: 4, phase: 0.25 },
];

/** Fifty places whose temperature follows a day curve and a random walk; now and then one of them becomes hot. */
export function createClimate(random = Math.random) {
  const places = CITIES.flatMap((city, index) =>
    Array.from({ length: SENSORS_PER_CITY }, (_, position) => createPlace(city, index, position, random)),
  );
  let nextHotSpot = Date.now() + HOT_SPOT_EVERY_MS / 2;
  return { places, temperatureAt };

  /** Degrees Celsius, to a tenth. */
  function temperatureAt(place, now) {
    if (now >= nextHotSpot) {
      places[Math.floor(random() * places.length)].hotSince = now;
      nextHotSpot = now + HOT_SPOT_EVERY_MS * (0.5 + random());
    }
    const { city } = place;
    place.drift = place.drift * 0.97 + (random() - 0.5) * 0.35;
    const day = city.swing * Math.sin(2 * Math.PI * (now / DAY_MS + city.phase));
    const degrees = city.mean + day + place.offset + place.drift + excess(now - place.hotSince);
    return Math.round(degrees * 10) / 10;
  }
}

function createPlace(city, cityIndex, position, random) {
  const zone = String.fromCharCode("A".charCodeAt(0) + Math.floor(position / 2));
  return {
    city,
    sensorId: `S${cityIndex + 1}${String(position + 1).padStart(2, "0")}`,
    topicName: `sensors/${city.name.toLowerCase()}/temp`,
    location: `${city.name}/Zone${zone}`,
    offset: (random() - 0.5) * 3,
    drift: 0,
    hotSince: Number.NEGATIVE_INFINITY,
  };
}

/** Rises and falls smoothly. */
function excess(elapsedMs) {
  if (elapsedMs >= HOT_SPOT_MS) return 0;
  return (HOT_SPOT_DEGREES * (1 - Math.cos((2 * Math.PI * elapsedMs) / HOT_SPOT_MS))) / 2;
}
