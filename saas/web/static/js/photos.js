// The photo picker: previews at once, shrinks on the phone so that a weak network suffices, keeps what was picked
// when sending fails. Without this file the plain file field does the same slowly.
import { icon } from "./page.js";
import { toast } from "./toasts.js";

const LONGEST = 2048;
const SMALL_ENOUGH = 600 * 1024;

class Picker {
  constructor(box) {
    this.box = box;
    this.input = box.querySelector("input[type=file]");
    this.add = this.input.closest("label");
    this.most = Number(box.dataset.most);
    this.files = [];
    this.input.addEventListener("change", () => this.take([...this.input.files]));
  }

  async take(fresh) {
    const room = this.most - this.files.length;
    if (fresh.length > room) toast(this.box.dataset.tooMany, "alert");
    for (const file of fresh.slice(0, Math.max(0, room))) {
      const tile = this.tile();
      const small = await shrink(file);
      const entry = { file: small, tile };
      this.files.push(entry);
      this.show(entry);
    }
    this.sync();
  }

  tile() {
    const tile = document.createElement("div");
    tile.className = "aj-picked is-sending";
    this.box.insertBefore(tile, this.add);
    return tile;
  }

  show(entry) {
    const picture = document.createElement("img");
    picture.alt = "";
    picture.src = URL.createObjectURL(entry.file);
    picture.addEventListener("error", () => picture.replaceWith(icon("photo")), { once: true });
    const remove = document.createElement("button");
    remove.type = "button";
    remove.setAttribute("aria-label", this.box.dataset.remove);
    remove.append(icon("x"));
    remove.addEventListener("click", () => this.remove(entry));
    entry.tile.classList.remove("is-sending");
    entry.tile.replaceChildren(picture, remove);
  }

  remove(entry) {
    URL.revokeObjectURL(entry.tile.querySelector("img")?.src ?? "");
    entry.tile.remove();
    this.files = this.files.filter((other) => other !== entry);
    this.sync();
  }

  // The file field itself carries what was picked, so an ordinary form post sends it.
  sync() {
    const carried = new DataTransfer();
    this.files.forEach(({ file }) => carried.items.add(file));
    this.input.files = carried.files;
    this.add.hidden = this.files.length >= this.most;
    this.box.dispatchEvent(new CustomEvent("photos:changed", { bubbles: true, detail: { count: this.files.length } }));
  }
}

async function shrink(file) {
  if (file.size <= SMALL_ENOUGH) return file;
  try {
    const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, LONGEST / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    picture.close();
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.85));
    return blob && blob.size < file.size ? new File([blob], "photo.jpg", { type: "image/jpeg" }) : file;
  } catch {
    return file; // HEIC on a browser that cannot draw it: the server reads it.
  }
}

export function start(root = document) {
  root.querySelectorAll("[data-photo-picker]:not([data-ready])").forEach((box) => {
    box.dataset.ready = "1";
    new Picker(box);
  });
}

start();
document.addEventListener("htmx:load", (event) => start(event.target));
