// Pictures made smaller before they travel.

const MOST_SIDE = 2400, SMALL_ENOUGH = 1_000_000;

export async function smaller(file) {
  // A telephone's picture is ten times what a record needs, and a weak line is what it travels on.
  const picture = await createImageBitmap(file);
  const scale = Math.min(1, MOST_SIDE / Math.max(picture.width, picture.height));
  if (scale === 1 && file.size < SMALL_ENOUGH && ["image/jpeg", "image/png"].includes(file.type)) return file;
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(picture.width * scale);
  canvas.height = Math.round(picture.height * scale);
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.85));
}
