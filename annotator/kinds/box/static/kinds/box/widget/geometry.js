/** Shapes as numbers: what frames them, whether a point is on them, and whether an outline crosses itself. */

export const round = (value) => Math.round(value * 10) / 10;

/** The left, top, right and bottom of what frames a shape. */
export function frame(shape) {
  if (shape.type === "box") return [shape.x, shape.y, shape.x + shape.width, shape.y + shape.height];
  const points = shape.type === "polygon" ? shape.points : [[shape.x, shape.y]];
  const across = points.map((point) => point[0]);
  const down = points.map((point) => point[1]);
  return [Math.min(...across), Math.min(...down), Math.max(...across), Math.max(...down)];
}

/** The corners of a box. The opposite of corner `n` is corner `3 - n`. */
export const corners = (shape) => [
  [shape.x, shape.y],
  [shape.x + shape.width, shape.y],
  [shape.x, shape.y + shape.height],
  [shape.x + shape.width, shape.y + shape.height],
];

/** The box between two opposite corners. */
export const between = (a, b) => ({
  x: Math.min(a[0], b[0]),
  y: Math.min(a[1], b[1]),
  width: round(Math.abs(a[0] - b[0])),
  height: round(Math.abs(a[1] - b[1])),
});

/** The nearest point within a picture. */
export const clip = ([x, y], { width, height }) => [round(Math.min(Math.max(x, 0), width)), round(Math.min(Math.max(y, 0), height))];

export const area = (shape) => {
  const [left, top, right, bottom] = frame(shape);
  return (right - left) * (bottom - top);
};

/** Whether a shape is at a point of the picture: on it, or as close as `near`. */
export function isAt(shape, [x, y], near) {
  if (shape.type === "point") return Math.hypot(shape.x - x, shape.y - y) <= near;
  const [left, top, right, bottom] = frame(shape);
  if (x < left - near || x > right + near || y < top - near || y > bottom + near) return false;
  return shape.type === "box" || within(shape.points, x, y) || toOutline(shape.points, x, y) <= near;
}

/** Whether a point lies within a closed outline. */
function within(points, x, y) {
  let inside = false;
  points.forEach(([ax, ay], place) => {
    const [bx, by] = points[(place + 1) % points.length];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
  });
  return inside;
}

/** How far a point is from a closed outline. */
function toOutline(points, x, y) {
  const far = points.map(([ax, ay], place) => {
    const [bx, by] = points[(place + 1) % points.length];
    const long = (bx - ax) ** 2 + (by - ay) ** 2;
    const share = long ? Math.min(1, Math.max(0, ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / long)) : 0;
    return Math.hypot(ax + share * (bx - ax) - x, ay + share * (by - ay) - y);
  });
  return Math.min(...far);
}

/** Whether two sides of a closed outline meet anywhere but at the corner they share, as the server judges it. */
export function crosses(points) {
  const turn = (a, b, c) => Math.sign((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]));
  const on = (a, b, c) => Math.min(a[0], b[0]) <= c[0] && c[0] <= Math.max(a[0], b[0]) && Math.min(a[1], b[1]) <= c[1] && c[1] <= Math.max(a[1], b[1]);
  const ahead = (corner, one, other) => (one[0] - corner[0]) * (other[0] - corner[0]) + (one[1] - corner[1]) * (other[1] - corner[1]) > 0;
  const sides = points.map((point, place) => [point, points[(place + 1) % points.length]]);
  const last = sides.length - 1;
  return sides.some(([a, b], first) =>
    (a[0] === b[0] && a[1] === b[1]) || sides.some(([c, d], second) => {
      if (second <= first) return false;
      if (second === first + 1 || (first === 0 && second === last)) {
        const [corner, before, after] = second === first + 1 ? [b, a, d] : [a, b, c];
        return turn(before, corner, after) === 0 && ahead(corner, before, after);
      }
      const [one, two, three, four] = [turn(a, b, c), turn(a, b, d), turn(c, d, a), turn(c, d, b)];
      if (one * two < 0 && three * four < 0) return true;
      return (one === 0 && on(a, b, c)) || (two === 0 && on(a, b, d)) || (three === 0 && on(c, d, a)) || (four === 0 && on(c, d, b));
    }),
  );
}
