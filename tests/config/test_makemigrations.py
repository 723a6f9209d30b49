from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import override_settings

from tests.config.kiosk import Kiosk
from tests.storage.evolution.conftest import project as project
from tests.storage.evolution.projects import Project

MUG = """
class Mug(Table):
    class Meta:
        logical_name = "kiosk-mugs"

    id = UnicodeAttribute(hash_key=True)
    colour = UnicodeAttribute()
"""
BY_COLOUR = """
class ByColour(GlobalSecondaryIndex):
    class Meta:
        index_name = "by-colour"
        projection = AllProjection()

    colour = UnicodeAttribute(hash_key=True)
"""
INDEXED = MUG + "    by_colour = ByColour()\n"
SIZE = "    size = NumberAttribute()\n"
OPTIONAL_SIZE = "    size = NumberAttribute(null=True)\n"


@pytest.fixture
def kiosk(project: Project, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kiosk]:
    """With one migration, which makes the table of mugs."""
    made = Kiosk(project, monkeypatch)
    monkeypatch.chdir(project.folder)
    with override_settings(INSTALLED_APPS=["config", "storage", "kiosk"]):
        made.models(MUG)
        made.run(verbosity=0)
        yield made


class TestWriting:
    def test_the_first_migration_makes_the_package(
        self, project: Project, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made = Kiosk(project, monkeypatch)
        monkeypatch.chdir(project.folder)
        with override_settings(INSTALLED_APPS=["config", "storage", "kiosk"]):
            made.models(MUG)
            assert made.run() == (
                "Migrations for 'kiosk':\n"
                "  kiosk/migrations/0001_initial.py\n"
                "    + Create table kiosk-mugs\n"
                "    (kiosk/migrations/__init__.py is new: this app had no migrations)\n"
            )
            assert made.files() == ["0001_initial"]
            assert made.run() == "No changes detected\n"

    def test_a_change_becomes_a_file_after_the_last_one(self, kiosk: Kiosk) -> None:
        kiosk.models(MUG + OPTIONAL_SIZE)
        assert kiosk.run() == (
            "Migrations for 'kiosk':\n"
            "  kiosk/migrations/0002_kiosk_mugs_add_size.py\n"
            "    + Add attribute size to Mug in kiosk-mugs\n"
        )
        text = kiosk.text("0002_kiosk_mugs_add_size")
        assert 'dependencies = [("kiosk", "0001_initial")]' in text
        assert kiosk.run("kiosk") == "No changes detected in app 'kiosk'\n"
        assert kiosk.run("kiosk", "config") == "No changes detected in apps 'kiosk', 'config'\n"

    def test_other_apps_are_left_alone(self, kiosk: Kiosk) -> None:
        kiosk.models(MUG + OPTIONAL_SIZE)
        assert kiosk.run("storage") == "No changes detected in app 'storage'\n"
        assert kiosk.files() == ["0001_initial"]

    def test_the_name_may_be_given(self, kiosk: Kiosk) -> None:
        kiosk.models(MUG + OPTIONAL_SIZE)
        assert "0002_sizes.py" in kiosk.run("--name", "sizes")
        assert kiosk.files() == ["0001_initial", "0002_sizes"]

    @pytest.mark.parametrize("name", ["two words", "größe", "../up", "1st"])
    def test_a_name_has_to_be_one_of_a_module(self, kiosk: Kiosk, name: str) -> None:
        kiosk.models(MUG + OPTIONAL_SIZE)
        code, text = kiosk.fails("--name", name)
        assert (code, "must be an identifier" in text) == (1, True)

    def test_an_index_that_changes_says_that_readers_break(self, kiosk: Kiosk) -> None:
        kiosk.models(BY_COLOUR + INDEXED)
        assert "+ Add index by-colour to kiosk-mugs" in kiosk.run()
        kiosk.models(BY_COLOUR.replace("colour =", "id =") + INDEXED)
        shown = kiosk.run().splitlines()
        assert shown[2] == "    - Remove index by-colour from kiosk-mugs"
        assert "queries on it fail meanwhile" in shown[3]
        assert shown[4] == "    + Add index by-colour to kiosk-mugs"

    def test_what_dynamodb_cannot_do_is_explained(self, kiosk: Kiosk) -> None:
        kiosk.models(MUG.replace("UnicodeAttribute()", "UnicodeAttribute(range_key=True)"))
        code, text = kiosk.fails()
        assert (code, "DynamoDB never changes the key of a table" in text) == (1, True)
        assert kiosk.files() == ["0001_initial"]

    def test_an_unknown_app_is_refused(self, kiosk: Kiosk) -> None:
        assert kiosk.fails("shop") == (2, "There is no app shop in this project.")

    def test_nothing_is_said_when_asked_to_be_quiet(self, kiosk: Kiosk) -> None:
        assert kiosk.run(verbosity=0) == ""
        kiosk.models(MUG + OPTIONAL_SIZE)
        assert kiosk.run(verbosity=0) == ""
        assert len(kiosk.files()) == 2


class TestLooking:
    def test_check_tells_scripts_whether_a_migration_is_missing(self, kiosk: Kiosk) -> None:
        assert kiosk.run("--check") == "No changes detected\n"
        kiosk.models(MUG.replace("colour", "paint") + SIZE)
        assert kiosk.fails("--check") == (1, "")
        assert kiosk.files() == ["0001_initial"]

    def test_check_shows_what_is_missing(
        self, kiosk: Kiosk, capsys: pytest.CaptureFixture[str]
    ) -> None:
        kiosk.models(MUG + SIZE)
        with pytest.raises(SystemExit):
            call_command("makemigrations", "--check")
        assert "+ Add attribute size to Mug" in capsys.readouterr().out

    def test_a_dry_run_shows_the_plan(self, kiosk: Kiosk) -> None:
        kiosk.models(MUG + OPTIONAL_SIZE)
        shown = kiosk.run("--dry-run")
        assert shown.splitlines()[-1] == "    + Add attribute size to Mug in kiosk-mugs"
        assert kiosk.files() == ["0001_initial"]

    def test_a_dry_run_shows_whole_files_when_asked_for_more(self, kiosk: Kiosk) -> None:
        kiosk.models(MUG + OPTIONAL_SIZE)
        shown = kiosk.run("--dry-run", verbosity=3)
        kiosk.run()
        assert kiosk.text("0002_kiosk_mugs_add_size") in shown
        assert "Full migrations file '0002_kiosk_mugs_add_size.py':" in shown


class TestAsking:
    def test_a_rename_is_asked_for(self, kiosk: Kiosk) -> None:
        kiosk.models(MUG.replace("colour", "color"))
        shown = kiosk.run(typed="perhaps\ny\n")
        question = "Was kiosk-mugs.Mug.colour renamed to color (a text)? [y/N] "
        assert shown.startswith(f"{question}Please answer yes or no: ")
        assert "~ Rename attribute colour" in shown
        assert kiosk.files()[-1] == "0002_kiosk_mugs_rename_colour_to_color"

    def test_no_is_what_enter_means(self, kiosk: Kiosk) -> None:
        """Neither a rename, nor values removed; and the new attribute is left alone by choice."""
        kiosk.models(MUG.replace("colour", "color"))
        kiosk.run(typed="\n2\n\n")
        text = kiosk.text(kiosk.files()[-1])
        assert 'migrations.RemoveAttribute("kiosk-mugs", "Mug", "colour", purge=False)' in text
        assert "# Items stored before this may have no color" in text

    def test_a_value_for_stored_items_is_asked_until_it_fits(self, kiosk: Kiosk) -> None:
        kiosk.models(MUG + SIZE)
        shown = kiosk.run(typed="0\nx\n1\n'big'\n\n1.50\n")
        assert "is new and must not be null" in shown
        assert shown.count("Please select a valid option: ") == 2
        assert "would be stored as S, not as N" in shown
        assert 'default=Decimal("1.50")' in kiosk.text(kiosk.files()[-1])

    def test_one_that_could_be_absent_gets_a_value_too(self, kiosk: Kiosk) -> None:
        kiosk.models(MUG + OPTIONAL_SIZE)
        kiosk.run()
        kiosk.models(MUG + SIZE)
        assert "must not be null any more" in kiosk.run(typed="1\n7\n")
        text = kiosk.text(kiosk.files()[-1])
        assert "forwards=migrations.WhereAbsent(7)" in text
        assert "backwards=migrations.NOTHING_TO_UNDO" in text

    @pytest.mark.parametrize("typed", ["3\n", "1\nexit\n", ""])
    def test_leaving_writes_nothing(self, kiosk: Kiosk, typed: str) -> None:
        kiosk.models(MUG + SIZE)
        assert kiosk.fails(typed=typed) == (3, "Nothing was written.")
        assert kiosk.files() == ["0001_initial"]

    @pytest.mark.parametrize("arguments", [(), ("--noinput",)], ids=["terminal", "noinput"])
    def test_a_default_of_the_model_is_taken_without_a_question(
        self, kiosk: Kiosk, arguments: tuple[str, ...]
    ) -> None:
        kiosk.models(MUG + "    size = NumberAttribute(default=7)\n")
        kiosk.run(*arguments)
        assert 'default=Decimal("7")' in kiosk.text(kiosk.files()[-1])

    def test_a_default_that_is_a_function_is_no_value(self, kiosk: Kiosk) -> None:
        kiosk.models(MUG + "    size = NumberAttribute(default=lambda: 7)\n")
        assert kiosk.fails("--noinput")[0] == 3

    def test_without_input_it_stops_with_one_sentence(self, kiosk: Kiosk) -> None:
        kiosk.models(MUG + SIZE)
        code, text = kiosk.fails("--noinput")
        assert code == 3
        assert text.startswith("kiosk-mugs.Mug.size is new and must not be null")

    def test_a_new_type_offers_the_usual_conversion(self, kiosk: Kiosk) -> None:
        number = MUG.replace("colour = UnicodeAttribute", "colour = NumberAttribute")
        kiosk.models(number)
        shown = kiosk.run(typed="1\n")
        assert "1) Convert stored values with Decimal" in shown
        assert "forwards=Decimal" in kiosk.text(kiosk.files()[-1])
        kiosk.models(MUG.replace("colour = UnicodeAttribute", "colour = BooleanAttribute"))
        shown = kiosk.run(typed="1\n")
        assert "1) Leave stored values as they are" in shown
        assert "forwards" not in kiosk.text(kiosk.files()[-1])
        assert kiosk.files()[-1].startswith("0003")
        kiosk.models(MUG)
        assert kiosk.fails(typed="2\n") == (3, "Nothing was written.")

    def test_values_of_a_removed_attribute_go_when_told_to(self, kiosk: Kiosk) -> None:
        kiosk.models(MUG.replace("    colour = UnicodeAttribute()\n", ""))
        assert "They do not come back." in kiosk.run(typed="y\n")
        text = kiosk.text(kiosk.files()[-1])
        assert "# Removes the stored values of colour." in text

    def test_another_name_of_a_table_loses_its_items(self, kiosk: Kiosk) -> None:
        kiosk.models(MUG.replace("kiosk-mugs", "kiosk-cups"))
        assert kiosk.fails(typed="\n") == (3, "Nothing was written.")
        shown = kiosk.run(typed="y\n")
        assert "DynamoDB cannot rename a table" in shown
        assert kiosk.files()[-1] == "0002_create_kiosk_cups_delete_kiosk_mugs"
        assert "# Deletes kiosk-mugs with all its items." in kiosk.text(kiosk.files()[-1])

    def test_items_of_another_prefix_are_kept_deleted_or_reconsidered(self, kiosk: Kiosk) -> None:
        marker = MUG.replace("Mug(", "Marker(").replace(
            '"kiosk-mugs"\n', '"kiosk-mugs"\n        secondary = True\n        prefix = "sku#"\n'
        )
        kiosk.models(MUG + marker)
        assert "+ Add kind Marker to kiosk-mugs" in kiosk.run()
        kiosk.models(MUG + marker.replace("sku#", "code#"))
        assert kiosk.fails(typed="3\n")[0] == 3
        assert "begin with “code#”" in kiosk.run("--dry-run", typed="1\n")
        kiosk.run(typed="2\n")
        assert "purge=True" in kiosk.text(kiosk.files()[-1])
        kiosk.models(MUG)
        assert "- Remove kind Marker from kiosk-mugs\n" in kiosk.run(typed="n\n")

    def test_an_interruption_ends_it_quietly(
        self, kiosk: Kiosk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def interrupted(*_: object) -> str:
            raise KeyboardInterrupt

        kiosk.models(MUG + SIZE)
        monkeypatch.setattr("config.migration_questions.AtTerminal._choose", interrupted)
        assert kiosk.fails() == (1, "")
        assert kiosk.files() == ["0001_initial"]


class TestEmpty:
    def test_it_is_a_start_for_writing_by_hand(self, kiosk: Kiosk) -> None:
        assert "kiosk/migrations/0002_custom.py" in kiosk.run("--empty", "kiosk")
        assert kiosk.text("0002_custom").endswith("\n    operations = []\n")
        kiosk.run("--empty", "kiosk", "--name", "prices")
        assert kiosk.files() == ["0001_initial", "0002_custom", "0003_prices"]

    def test_it_needs_an_app(self, kiosk: Kiosk) -> None:
        assert "at least one app label" in kiosk.fails("--empty")[1]


class TestMerging:
    @pytest.fixture
    def split(self, kiosk: Kiosk) -> Kiosk:
        """Two branches that do not touch the same kind of item."""
        first = "kiosk.0001_initial"
        size = 'migrations.AddAttribute("kiosk-mugs", "Mug", "size", migrations.Attribute("N"))'
        kind = 'migrations.AddKind("kiosk-mugs", "Note", migrations.Kind({}, prefix="note#"))'
        kiosk.write("0002_notes", kind, first)
        kiosk.write("0002_sizes", size, first)
        return kiosk

    def test_branches_have_to_be_merged_first(self, split: Kiosk) -> None:
        code, text = split.fails()
        assert code == 1
        assert "0002_notes, 0002_sizes in kiosk" in text
        assert "makemigrations --merge" in text
        assert split.run("storage") == "No changes detected in app 'storage'\n"

    def test_both_are_shown_before_the_question(self, split: Kiosk) -> None:
        shown = split.run("--merge", typed="y\n")
        assert shown.startswith(
            "Merging kiosk\n"
            "  Branch 0002_notes\n"
            "    + Add kind Note to kiosk-mugs\n"
            "  Branch 0002_sizes\n"
            "    + Add attribute size to Mug in kiosk-mugs\n"
        )
        text = split.text("0003_merge_0002_notes_0002_sizes")
        assert 'dependencies = [("kiosk", "0002_notes"), ("kiosk", "0002_sizes")]' in text
        assert split.run("--merge") == "No conflicts detected to merge.\n"

    def test_no_leaves_them_apart(self, split: Kiosk) -> None:
        split.run("--merge", typed="n\n")
        assert len(split.files()) == 3

    def test_without_input_they_are_merged_when_they_are_apart(self, split: Kiosk) -> None:
        split.run("--merge", "--noinput", "--name", "both")
        assert split.files()[-1] == "0003_both"

    def test_without_input_what_touches_the_same_is_refused(self, split: Kiosk) -> None:
        split.write(
            "0002_widths",
            'migrations.AddAttribute("kiosk-mugs", "Mug", "width", migrations.Attribute("N"))',
            "kiosk.0001_initial",
        )
        code, text = split.fails("--merge", "--noinput")
        assert code == 3
        assert text.startswith("More than one of these branches changes kiosk-mugs.Mug.")
        assert len(split.files()) == 4
        assert "changes kiosk-mugs.Mug." in split.run("--merge", typed="y\n")
        assert len(split.files()) == 5


def test_it_needs_no_store(tmp_path: Path) -> None:
    """Neither an engine is started nor an address asked for."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "DYNAMODB_", "BACKROOM_"))
    }
    answer = subprocess.run(
        [sys.executable, "manage.py", "makemigrations", "--check"],
        cwd=settings.BASE_DIR,
        env={**environment, "DATA_DIR": str(tmp_path / "var"), "STAGE": "local", "PATH": ""},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, "No changes detected\n", "")
    assert not (tmp_path / "var").exists()
