import numpy as np
import pytest
from digit_files import write_image_folder
from PIL import Image

from nural.data import DataError, load_mnist_datasets, prepare

NAMES = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]


def sort_by_label(digits):
    order = np.argsort(digits[1], kind="stable")
    return digits[0][order], digits[1][order]


def joined(sets):
    return np.concatenate([x for x, _ in sets]), np.concatenate([y for _, y in sets])


def rows(x, y):
    return sorted((int(label), image.tobytes()) for image, label in zip(x, y, strict=True))


@pytest.mark.parametrize("ending", ["png", "bmp", "gif", "tiff", "pgm", "webp"])
def test_pictures_in_mnist_s_form_stay_bit_for_bit(tmp_path, digits, ending):
    sets = load_mnist_datasets(write_image_folder(tmp_path, digits, ending=ending))
    assert [len(y) for _, y in sets] == [50, 10, 10]
    assert rows(*joined(sets)) == rows(digits[0] / np.float32(256), digits[1])


def test_sets_hold_all_classes(tmp_path, mnist):
    (x, y), _, _ = mnist
    chosen = np.concatenate([np.flatnonzero(y == label)[:42] for label in range(3)])
    sets = load_mnist_datasets(write_image_folder(tmp_path, ((x[chosen] * 256).astype(np.uint8), y[chosen])))
    assert [len(labels) for _, labels in sets] == [90, 18, 18]
    assert all(set(labels) == {0, 1, 2} for _, labels in sets)


@pytest.mark.parametrize("names", [("train", "test"), ("Training", "Testing")])
def test_training_and_test_folder(tmp_path, train, test, names):
    write_image_folder(tmp_path / names[0], train)
    write_image_folder(tmp_path / names[1], test)
    x_train, x_val, (x_test, y_test) = load_mnist_datasets(tmp_path)
    x_expected, y_expected = sort_by_label(test)
    assert (x_test * 256 == x_expected).all()
    assert (y_test == y_expected).all()
    assert rows(*joined([x_train, x_val])) == rows(train[0] / np.float32(256), train[1])


def test_training_folder_alone(tmp_path, digits):
    write_image_folder(tmp_path / "train", digits)
    assert [len(y) for _, y in load_mnist_datasets(tmp_path)] == [50, 10, 10]


def test_named_classes_are_numbered_in_sorted_order(tmp_path, digits):
    sets = load_mnist_datasets(write_image_folder(tmp_path, digits, NAMES))
    expected = np.array([sorted(NAMES).index(NAMES[label]) for label in digits[1]])
    assert rows(*joined(sets)) == rows(digits[0] / np.float32(256), expected)


def test_what_systems_leave_and_files_beside_the_classes_are_ignored(tmp_path, digits):
    write_image_folder(tmp_path, digits)
    (tmp_path / "README").touch()
    for name in (".DS_Store", "._0001.png", "Thumbs.db", "desktop.ini"):
        (tmp_path / "3" / name).touch()
    for name in (".cache", "__MACOSX", "@eaDir"):
        (tmp_path / name).mkdir()
    assert sum(len(y) for _, y in load_mnist_datasets(tmp_path)) == 70


def test_digits_of_any_size_colour_and_ground_are_prepared_as_predict_prepares_them(tmp_path, digits):
    """Dark on light, 90×100 pixels, in colour: the same as `prepare` gives, and like the digits that they show."""
    write_image_folder(tmp_path, digits)
    paths = sorted(tmp_path.glob("*/*.png"))
    for number, path in enumerate(paths):
        scan(Image.open(path), number).save(path)
    labels = np.array([int(path.parent.name) for path in paths])
    x, y = joined(load_mnist_datasets(tmp_path))
    assert rows(x, y) == rows([prepare(path) for path in paths], labels)
    for label in range(10):
        shown, expected = x[y == label].mean(axis=0), digits[0][digits[1] == label].mean(axis=0)
        assert np.corrcoef(shown, expected)[0, 1] > 0.9


def scan(digit: Image.Image, number: int) -> Image.Image:
    """Blue ink on yellowish paper, somewhere on it."""
    ink = np.asarray(digit.resize((60, 60)), np.float32)[..., np.newaxis] / 255
    picture = np.broadcast_to(np.array([240, 235, 210], np.float32), (100, 90, 3)).copy()
    top, left = 5 + 7 * number % 30, 2 + 5 * number % 27
    picture[top : top + 60, left : left + 60] -= ink * np.array([200, 190, 90], np.float32)
    return Image.fromarray(picture.astype(np.uint8))


def test_an_empty_picture_of_a_digit(tmp_path, digits):
    write_image_folder(tmp_path, digits)
    Image.new("L", (28, 28)).save(tmp_path / "3" / "blank.png")
    with pytest.raises(DataError, match=r"blank.png: expected a digit, found an empty picture"):
        load_mnist_datasets(tmp_path)


def test_every_page_is_a_picture(tmp_path, digits):
    write_image_folder(tmp_path, digits, ending="tif")
    first, *others = (Image.open(path) for path in sorted((tmp_path / "3").iterdir()))
    first.save(tmp_path / "all.tif", save_all=True, append_images=others)
    for path in (tmp_path / "3").iterdir():
        path.unlink()
    (tmp_path / "all.tif").rename(tmp_path / "3" / "all.tif")
    assert rows(*joined(load_mnist_datasets(tmp_path))) == rows(digits[0] / np.float32(256), digits[1])


def test_file_that_is_no_image(tmp_path, digits):
    write_image_folder(tmp_path, digits)
    (tmp_path / "3" / "notes.txt").write_text("not an image")
    with pytest.raises(DataError, match=r"notes.txt: expected an undamaged picture .*, found another file"):
        load_mnist_datasets(tmp_path)


def test_folder_in_a_class_folder(tmp_path, digits):
    write_image_folder(tmp_path, digits)
    (tmp_path / "3" / "more").mkdir()
    with pytest.raises(DataError, match="more: expected a file, found a folder"):
        load_mnist_datasets(tmp_path)


@pytest.mark.parametrize(
    ("folders", "message"),
    [
        (["0", "1"], "0: expected images, found none"),
        (["1", "10"], "1: expected images, found none"),
        (["test"], "expected the subfolders train and test, found test"),
        (["train", "test", "validation"], "expected the subfolders train and test, found test, train, validation"),
        (["train", "training"], "expected the subfolders train and test, found train, training"),
        (["train"], "train: expected IDX files, or a subfolder of images for each class, found neither"),
    ],
)
def test_folders_that_do_not_fit(tmp_path, folders, message):
    for name in folders:
        (tmp_path / name).mkdir()
    with pytest.raises(DataError, match=message):
        load_mnist_datasets(tmp_path)


def test_class_of_the_test_set_alone(tmp_path, train):
    write_image_folder(tmp_path / "train", train)
    write_image_folder(tmp_path / "test", train, NAMES)
    with pytest.raises(DataError, match=r"eight: expected one of the classes 0, 1, .*, 9, found another one"):
        load_mnist_datasets(tmp_path)
