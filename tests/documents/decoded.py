"""QR codes as a telephone reads them: drawn as pixels by one library, decoded by another."""

import typst
import zxingcpp
from pypdfium2 import PdfDocument

PIXELS_PER_POINT = 2
DRAWN = '#set page(width: 210mm, height: auto)\n#image(bytes(sys.inputs.svg), format: "svg")'
NAMESPACE = '<svg xmlns="http://www.w3.org/2000/svg" '


def codes_in(pdf: bytes) -> list[str]:
    """What the codes on the pages of a PDF document say."""
    return [
        code.text
        for page in PdfDocument(pdf)
        for code in zxingcpp.read_barcodes(page.render(scale=PIXELS_PER_POINT).to_numpy())
    ]


def codes_in_svg(svg: str) -> list[str]:
    """What the codes of an SVG say, be it a file or a part of a page."""
    whole = svg if "xmlns=" in svg else svg.replace("<svg ", NAMESPACE, 1)
    return codes_in(typst.compile(DRAWN.encode(), sys_inputs={"svg": whole}))
