"""QR codes as SVG."""

from functools import lru_cache
from io import BytesIO


@lru_cache(maxsize=256)
def qr_svg(text: str) -> str:
    """The QR code of a text, with medium correction and its quiet zone, as an SVG without a size."""
    import segno

    drawn = BytesIO()
    segno.make(text, error="m", micro=False).save(
        drawn, kind="svg", xmldecl=False, omitsize=True, border=4, svgclass=None, lineclass=None
    )
    return drawn.getvalue().decode()
