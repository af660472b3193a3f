"""Pictures of any kind, and what is known of them beside their pixels."""

import io

import numpy as np
import pytest
from digit_files import write_idx_folder, write_image_folder, write_npz
from PIL import Image

from nural.data import DataError, Preparation, load_datasets, load_mnist_datasets, prepare
from nural.data.mnist_form import in_mnist_form

AS_IS = Preparation("as is", (6, 9, 3))


def write_pictures(folder, counts, *, size=(9, 6), mode="RGB", seed=0):
    """So many random pictures for each class, by its name."""
    rng = np.random.default_rng(seed)
    for name, count in counts.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        for i in range(count):
            pixels = rng.integers(256, size=(size[1], size[0], 3), dtype=np.uint8)
            Image.fromarray(pixels).convert(mode).save(folder / name / f"{i}.png")
    return folder


def test_pictures_of_other_classes_keep_size_colours_and_names(tmp_path):
    sets = load_datasets(write_pictures(tmp_path, {"dog": 9, "ant": 8, "cat": 10}))
    assert sets.names == sets.classes == ("ant", "cat", "dog")
    assert sets.preparation == AS_IS
    assert not sets.digits
    x, y = (np.concatenate(parts) for parts in zip(sets.training, sets.validation, sets.test, strict=True))
    assert x.shape == (27, 6 * 9 * 3)
    found = sorted((int(label), row.tobytes()) for row, label in zip(x, y, strict=True))
    files = [(sets.names.index(path.parent.name), path) for path in tmp_path.glob("*/*.png")]
    pixels = [(label, np.asarray(Image.open(path), np.float32).ravel() / 256) for label, path in files]
    assert found == sorted((label, row.tobytes()) for label, row in pixels)
    assert all((sets.preparation(path) == row).all() for (_, path), (_, row) in zip(files, pixels, strict=True))


def test_classes_that_are_numbers_are_sorted_by_their_value(tmp_path):
    sets = load_datasets(write_pictures(tmp_path, {str(number): 2 for number in (10, 9, 11, 8)}))
    assert sets.classes == ("8", "9", "10", "11")


@pytest.mark.parametrize("mode", ["L", "1", "RGB of grey pixels"])
def test_grey_pictures_have_one_channel(tmp_path, mode):
    write_pictures(tmp_path, {"a": 5, "b": 5}, mode=mode[:3] if mode == "1" else "L")
    if mode.startswith("RGB"):
        for path in tmp_path.glob("*/*.png"):
            Image.open(path).convert("RGB").save(path)
    sets = load_datasets(tmp_path)
    assert sets.preparation == Preparation("as is", (6, 9, 1))
    assert sets.training[0].shape[1] == 54


def test_one_picture_in_colour_makes_all_of_them_coloured(tmp_path):
    write_pictures(tmp_path, {"a": 10, "b": 9}, mode="L")
    write_pictures(tmp_path, {"b": 1})
    sets = load_datasets(tmp_path)
    assert sets.preparation == AS_IS
    grey = sets.preparation(tmp_path / "a" / "3.png").reshape(6, 9, 3)
    assert (grey == grey[..., :1]).all()


def test_what_is_transparent_lies_over_white():
    picture = Image.new("RGBA", (9, 6), (200, 0, 0, 0))
    picture.putpixel((2, 1), (0, 80, 0, 255))
    row = AS_IS(picture).reshape(6, 9, 3) * 256
    assert row[1, 2].tolist() == [0, 80, 0]
    assert (np.delete(row.reshape(-1, 3), 11, axis=0) == 255).all()


def test_pictures_of_two_sizes_are_refused(tmp_path):
    write_pictures(tmp_path, {"a": 8, "b": 8})
    write_pictures(tmp_path, {"b": 1}, size=(8, 6))
    message = "0.png: expected 9×6 pixels, as of all pictures that are kept as they are, found 8×6"
    with pytest.raises(DataError, match=message):
        load_datasets(tmp_path)


@pytest.mark.parametrize(
    ("size", "mode", "message"),
    [
        ((6, 9), "RGB", "expected 9×6 pixels, as of all pictures that are kept as they are, found 6×9"),
        ((9, 6), "RGB", "expected a grey picture, as all others are, found colours"),
    ],
)
def test_a_picture_that_is_not_as_those_learned_from(tmp_path, size, mode, message):
    write_pictures(tmp_path, {"a": 1}, size=size, mode=mode)
    with pytest.raises(DataError, match=rf"0.png: {message}"):
        Preparation("as is", (6, 9, 1))(tmp_path / "a" / "0.png")


def test_more_pixels_than_there_is_room_for(tmp_path, monkeypatch):
    monkeypatch.setattr("nural.data.image_folder.MAX_BYTES", 10_000)
    with pytest.raises(DataError, match="expected at most 10000 bytes of pixels, found 20 pictures of 9×6 pixels"):
        load_datasets(write_pictures(tmp_path, {"a": 10, "b": 10}))


def test_digits_as_they_are_and_others_prepared(tmp_path, digits):
    write_image_folder(tmp_path / "digits", (255 - digits[0], digits[1]))
    kept = load_datasets(tmp_path / "digits", Preparation("as is"))
    assert kept.preparation == Preparation("as is", (28, 28, 1))
    assert kept.names == tuple("0123456789")
    assert kept.training[0].mean() > 0.8
    write_image_folder(tmp_path / "letters", (255 - digits[0], digits[1]), [*"abcdefghij"])
    prepared = load_datasets(tmp_path / "letters", Preparation())
    assert (prepared.classes, prepared.digits) == (tuple("abcdefghij"), False)
    assert in_mnist_form(prepared.training[0]).all()


def test_pictures_in_mnist_s_form_are_digits_whatever_their_names(tmp_path, digits):
    sets = load_datasets(write_image_folder(tmp_path, digits, [*"abcdefghij"]))
    assert (sets.preparation, sets.classes) == (Preparation(), tuple("abcdefghij"))
    assert set(map(bytes, sets.training[0])) <= set(map(bytes, digits[0] / np.float32(256)))


def test_arrays_stay_as_they_are_and_their_form_tells_what_a_picture_must_go_through(tmp_path, train, test):
    path = write_npz(tmp_path / "light.npz", train, test)
    assert load_datasets(path).preparation == Preparation()
    inverted = [(255 - x, y) for x, y in (train, test)]
    path = write_npz(tmp_path / "dark.npz", *inverted)
    sets = load_datasets(path)
    assert sets.preparation == Preparation("as is", (28, 28, 1))
    assert (sets.test[0] * 256 == inverted[1][0]).all()
    prepared = load_datasets(path, Preparation())
    assert prepared.test[0][3].tolist() == prepare(inverted[1][0][3].reshape(28, 28) / np.float32(256)).ravel().tolist()
    assert in_mnist_form(prepared.test[0]).all()
    with pytest.raises(DataError, match=r"expected pictures of 9×6 pixels, in colour, found .* 28×28 pixels, grey"):
        load_datasets(path, AS_IS)
    with pytest.raises(DataError, match="expected labels of the 3 classes a, b, c, found the label 9"):
        load_datasets(path, labels={"a": 0, "b": 1, "c": 2})


def test_labels_of_a_folder_are_those_that_are_given(tmp_path):
    write_pictures(tmp_path, {"cat": 8, "ant": 8})
    sets = load_datasets(tmp_path, AS_IS, {"dog": 0, "cat": 1, "ant": 2})
    assert sets.names == ("dog", "cat", "ant")
    assert {1, 2} == set(np.concatenate([y for _, y in (sets.training, sets.validation, sets.test)]).tolist())
    with pytest.raises(DataError, match="cat: expected one of the classes dog, ant, found another one"):
        load_datasets(tmp_path, AS_IS, {"dog": 0, "ant": 1})


def test_load_mnist_datasets_takes_digits_alone(tmp_path, train):
    with pytest.raises(DataError, match=r"expected digits, .* found others, of 9×6 .* nural.data.load_datasets keeps"):
        load_mnist_datasets(write_pictures(tmp_path / "pictures", {"a": 8, "b": 8}))
    load_mnist_datasets(write_idx_folder(tmp_path / "idx", train))


@pytest.mark.parametrize("preparation", [Preparation(), AS_IS, Preparation("as is", (28, 28, 1))])
def test_a_preparation_travels_as_json(preparation):
    assert Preparation.from_json(preparation.as_json()) == preparation


@pytest.mark.parametrize(
    "content",
    [{}, [], "digit", {"kind": "as is"}, {"kind": "as is", "shape": [0, 9, 3]}, {"kind": "as is", "shape": [6, 9, 2]}],
)
def test_what_describes_no_preparation(content):
    with pytest.raises(ValueError, match="expected a preparation of pictures in the model's description, found"):
        Preparation.from_json(content)


def test_prepare_keeps_all_digits_of_mnist_and_what_it_has_made_itself(mnist):
    for x, _ in mnist:
        assert in_mnist_form(x).all()
    file = io.BytesIO()
    pixels = (mnist[2][0][0] * 256).astype(np.uint8).reshape(28, 28)
    Image.fromarray(pixels).save(file, "png")
    assert (prepare(file) == pixels / np.float32(256)).all()
    once = (prepare(255 - np.kron(pixels, np.ones((3, 3), np.uint8))) * 256).astype(np.uint8)
    assert (prepare(once) * 256 == once).all()
    others = np.stack([np.roll(pixels, 2, axis=1), 255 - pixels, pixels * 0, pixels + (pixels == 0)])
    assert not in_mnist_form(others).any()
