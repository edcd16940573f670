"""Cleaning of SVG: only elements and attributes that draw are written again, and only references within the file.

No library that we found does it in bounded time: svg-hush indents its output, whose size is the square of the depth,
turns addresses of other sites into addresses of this one, and changes blanks in texts. The file is parsed as a stream,
so memory follows its size. Scripts, event handlers, foreignObject, animations, links, and references to other files
are not in the result.
"""

from __future__ import annotations

import re
from typing import BinaryIO
from xml.etree.ElementTree import ParseError
from xml.sax.saxutils import escape, quoteattr

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

SVG = "{http://www.w3.org/2000/svg}"
XLINK_HREF = "{http://www.w3.org/1999/xlink}href"
XML_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
DEPTH_LIMIT = 200
ELEMENT_LIMIT = 200_000
_CHUNK = 64 * 1024
_ELEMENTS = {
    "circle", "clipPath", "defs", "desc", "ellipse", "feBlend", "feColorMatrix", "feComponentTransfer",
    "feComposite", "feConvolveMatrix", "feDiffuseLighting", "feDisplacementMap", "feDistantLight", "feDropShadow",
    "feFlood", "feFuncA", "feFuncB", "feFuncG", "feFuncR", "feGaussianBlur", "feMerge", "feMergeNode",
    "feMorphology", "feOffset", "fePointLight", "feSpecularLighting", "feSpotLight", "feTile", "feTurbulence",
    "filter", "g", "image", "line", "linearGradient", "marker", "mask", "path", "pattern", "polygon", "polyline",
    "radialGradient", "rect", "stop", "style", "svg", "switch", "symbol", "text", "textPath", "title", "tspan",
    "use", "view",
}  # fmt: skip
_ATTRIBUTES = {
    "alignment-baseline", "amplitude", "azimuth", "baseFrequency", "baseline-shift", "bias", "class", "clip",
    "clip-path", "clip-rule", "clipPathUnits", "color", "color-interpolation", "color-interpolation-filters",
    "color-rendering", "cx", "cy", "d", "diffuseConstant", "direction", "display", "divisor", "dominant-baseline",
    "dx", "dy", "edgeMode", "elevation", "enable-background", "exponent", "fill", "fill-opacity", "fill-rule",
    "filter", "filterUnits", "flood-color", "flood-opacity", "font-family", "font-size", "font-size-adjust",
    "font-stretch", "font-style", "font-variant", "font-weight", "fr", "fx", "fy", "gradientTransform",
    "gradientUnits", "height", "id", "image-rendering", "in", "in2", "intercept", "k1", "k2", "k3", "k4",
    "kernelMatrix", "kernelUnitLength", "lang", "lengthAdjust", "letter-spacing", "lighting-color",
    "limitingConeAngle", "marker-end", "marker-mid", "marker-start", "markerHeight", "markerUnits", "markerWidth",
    "mask", "maskContentUnits", "maskUnits", "media", "method", "mix-blend-mode", "mode", "numOctaves", "offset",
    "opacity", "operator", "order", "orient", "overflow", "paint-order", "patternContentUnits", "patternTransform",
    "patternUnits", "pathLength", "points", "pointsAtX", "pointsAtY", "pointsAtZ", "preserveAlpha",
    "preserveAspectRatio", "primitiveUnits", "r", "radius", "refX", "refY", "requiredFeatures", "result", "role",
    "rotate", "rx", "ry", "scale", "seed", "shape-rendering", "side", "slope", "spacing", "specularConstant",
    "specularExponent", "spreadMethod", "startOffset", "stdDeviation", "stitchTiles", "stop-color", "stop-opacity",
    "stroke", "stroke-dasharray", "stroke-dashoffset", "stroke-linecap", "stroke-linejoin", "stroke-miterlimit",
    "stroke-opacity", "stroke-width", "style", "surfaceScale", "systemLanguage", "tableValues", "targetX",
    "targetY", "text-anchor", "text-decoration", "text-rendering", "textLength", "transform", "transform-origin",
    "type", "unicode-bidi", "values", "vector-effect", "version", "viewBox", "visibility", "width", "word-spacing",
    "writing-mode", "x", "x1", "x2", "xChannelSelector", "y", "y1", "y2", "yChannelSelector", "z",
}  # fmt: skip
_UNSAFE_STYLE = re.compile(r"\\|@import|@charset|image-set|\bsrc\s*\(|url\(\s*(?!['\"]?#)|expression|javascript:", re.I)
"""Style that could load something, or whose meaning depends on escapes."""
_EMBEDDED = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/=\s]*\Z")


class NotSvg(ValueError):
    """The file is no SVG that can be cleaned."""


class _SvgWriter:
    """Target of an XML parser that writes what is allowed. Raises NotSvg."""

    def __init__(self) -> None:
        self.parts: list[str] = ['<?xml version="1.0" encoding="UTF-8"?>\n']
        self._depth = self._count = 0
        self._skipped_below = 0
        """Depth of the element that is left out with all that is in it; 0 for none."""
        self._open: list[str] = []
        self._style: list[str] | None = None

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Write a start tag, or begin to skip."""
        self._depth += 1
        self._count += 1
        if self._depth > DEPTH_LIMIT or self._count > ELEMENT_LIMIT:
            raise NotSvg
        if self._depth == 1 and tag != f"{SVG}svg":
            raise NotSvg
        if self._skipped_below:
            return
        name = "g" if tag == f"{SVG}a" else tag.removeprefix(SVG)  # what a link shows stays
        if not tag.startswith(SVG) or name not in _ELEMENTS or self._style is not None:
            self._skipped_below = self._depth
            return
        self._open.append(name)
        written = "".join(_written_attribute(name, key, value) for key, value in attributes.items())
        if self._depth == 1:
            written = f' xmlns="{SVG[1:-1]}" xmlns:xlink="http://www.w3.org/1999/xlink"{written}'
        self.parts.append(f"<{name}{written}>")
        if name == "style":
            self._style = []

    def data(self, text: str) -> None:
        """Write characters; those of a style sheet when it ends."""
        if self._skipped_below:
            return
        if self._style is not None:
            self._style.append(text)
        else:
            self.parts.append(escape(text))

    def end(self, tag: str) -> None:
        """Write an end tag, or end to skip."""
        if self._skipped_below:
            if self._skipped_below == self._depth:
                self._skipped_below = 0
        else:
            if self._style is not None:
                style, self._style = "".join(self._style), None
                self.parts.append("" if _UNSAFE_STYLE.search(style) else escape(style))
            self.parts.append(f"</{self._open.pop()}>")
        self._depth -= 1

    def close(self) -> bytes:
        """Return what was written."""
        return "".join(self.parts).encode()


def _written_attribute(element: str, key: str, value: str) -> str:
    """Return an attribute as it is written, with a blank before; "" if it is not allowed."""
    if key in ("href", XLINK_HREF):
        is_safe = value.startswith("#") or (element == "image" and _EMBEDDED.match(value) is not None)
        return f" {'href' if key == 'href' else 'xlink:href'}={quoteattr(value)}" if is_safe else ""
    if key == XML_SPACE:
        return f" xml:space={quoteattr(value)}"
    return f" {key}={quoteattr(value)}" if key in _ATTRIBUTES and not _UNSAFE_STYLE.search(value) else ""


def clean_svg(file: BinaryIO) -> bytes:
    """Return the SVG of `file` with only what draws. Raises NotSvg if it is none, or too deep, or declares entities."""
    parser = DefusedXMLParser(target=_SvgWriter())
    try:
        while chunk := file.read(_CHUNK):
            parser.feed(chunk)
        cleaned: bytes = parser.close()
    except (ParseError, DefusedXmlException, LookupError, ValueError) as error:
        raise NotSvg from error
    return cleaned
