/** A sound, and the keys that play it. */

import { content } from "./content.js";
import { button, make } from "./elements.js";
import { plain } from "./plain.js";

const SEEK = 2;
const SPEEDS = [0.5, 0.75, 1, 1.25, 1.5, 2, 3];

export async function audio(task) {
  const player = make("audio");
  player.controls = true;
  player.preload = "auto";
  player.src = URL.createObjectURL(await (await content(task)).blob());
  await new Promise((resolve, reject) => {
    player.addEventListener("loadedmetadata", resolve, { once: true });
    player.addEventListener("error", () => reject(new Error("no sound")), { once: true });
    player.load();
  });
  const element = make("div", undefined, "audio");
  const speed = make("span", "1 ×");
  const turn = (step) => {
    const place = SPEEDS.indexOf(player.playbackRate) + step;
    player.playbackRate = SPEEDS[Math.min(Math.max(place, 0), SPEEDS.length - 1)];
    speed.textContent = `${player.playbackRate} ×`;
  };
  const deeds = {
    " ": () => (player.paused ? player.play() : player.pause()),
    ArrowLeft: () => (player.currentTime = Math.max(0, player.currentTime - SEEK)),
    ArrowRight: () => (player.currentTime = Math.min(player.duration || 0, player.currentTime + SEEK)),
    ArrowUp: () => turn(1),
    ArrowDown: () => turn(-1),
    ";": () => repeat.setAttribute("aria-pressed", String((player.loop = !player.loop))),
  };
  const repeat = button("again and again", ";", deeds[";"]);
  repeat.setAttribute("aria-pressed", "false");
  const tools = make("div", undefined, "tools");
  tools.dataset.steps = "";
  tools.append(
    button("play", "Space", deeds[" "]),
    button("2 s back", "←", deeds.ArrowLeft),
    button("2 s on", "→", deeds.ArrowRight),
    button("slower", "↓", deeds.ArrowDown),
    button("faster", "↑", deeds.ArrowUp),
    repeat,
    speed,
  );
  element.append(player, tools);
  const view = plain(task, "audio", element);
  view.hidden = () => player.pause();
  view.key = (event) => {
    if (event.shiftKey || !deeds[event.key]) return false;
    deeds[event.key]();
    return true;
  };
  return view;
}
