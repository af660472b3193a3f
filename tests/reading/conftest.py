"""Pages drawn from MNIST's digits, for a model that reads each of them alone."""

import numpy as np
import pytest

pytest.importorskip("cv2")

from PIL import Image

import nural


@pytest.fixture(scope="session")
def model():
    return nural.load_pretrained()


#: Of each digit twenty of the test set that the model reads without doubt, so that a page's errors are the page's. They
#: are named, because which are read with the least doubt depends on how a processor rounds.
CLEAR = """
2531 1892 1457 1084 246 296 1379 2996 1870 1223 742 656 2779 183 997 1972 713 2096 546 1333
1646 2974 1030 2421 647 840 2335 2816 345 1555 745 2719 2725 1791 1302 1318 2287 251 57 31
47 2741 892 858 1049 980 2971 2752 1936 2446 922 2491 1795 1132 799 2572 147 1053 891 888
2955 2032 1612 912 216 142 526 2501 1205 894 2555 2716 1479 2587 1098 808 957 923 369 1020
238 2613 1985 533 2145 2206 1529 2124 1599 2835 2936 2375 843 722 2368 660 1275 827 1552 56
1967 897 45 53 2586 2546 351 2413 2003 152 364 2727 1902 1860 1874 1635 1752 1467 2247 2037
201 623 680 665 602 817 1632 1035 2465 1085 732 2337 2062 197 2677 729 937 2047 952 472
2285 2666 114 2539 2841 987 2665 307 832 510 852 2505 328 64 1104 1096 522 410 1784 494
2617 2744 2691 2650 520 2584 664 2793 793 2219 2172 1029 2935 1756 1855 1960 1877 260 1946 1942
315 560 2342 2696 630 758 2792 471 1327 1418 913 1481 2227 2694 733 627 562 1005 1088 1781
"""


@pytest.fixture(scope="session")
def clear_digits(mnist):
    return [mnist[2][0][list(map(int, row.split()))].reshape(-1, 28, 28) for row in CLEAR.strip().splitlines()]


@pytest.fixture
def written(clear_digits):
    """A builder of pages: texts in lines, as ink from 0 to 1, and their digits' boxes (left, top, right, bottom)."""

    def build(lines, height=60, shape=(700, 900), top=60, left=60, pitch=130):
        ink = np.zeros(shape, np.float32)
        boxes = []
        for row, line in enumerate(lines):
            x = left
            for position, character in enumerate(line):
                if character == " ":
                    x += round(1.2 * height)
                    continue
                digit = clear_digits[int(character)][position % 20]
                side = round(28 * height / 20)
                large = np.asarray(Image.fromarray(digit).resize((side, side), Image.Resampling.BICUBIC)) > 0.5
                rows, columns = np.flatnonzero(large.any(axis=1)), np.flatnonzero(large.any(axis=0))
                large = large[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
                size = large.shape[::-1]
                y = top + row * pitch + height - large.shape[0]
                np.maximum(ink[y : y + size[1], x : x + size[0]], large, out=ink[y : y + size[1], x : x + size[0]])
                boxes.append((x, y, x + size[0], y + size[1]))
                x += size[0] + round(0.22 * height)
        return ink, boxes

    return build
