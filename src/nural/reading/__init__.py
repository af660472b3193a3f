"""Whole pages: digits found, read and put into lines. Needs OpenCV (extra ``photo``)."""

from nural.reading.page import Digit, Line, Page, read_page, threshold_of

__all__ = ["Digit", "Line", "Page", "read_page", "threshold_of"]
