"""Settings: a right value is used, a wrong one refuses with a sentence, production refuses what would leak."""

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from adminops.identity.permissions import Role
from adminops.private_files import write_private
from adminops.settings import (
    LARGEST_NUMBER,
    ROLES,
    SHORTEST_SECRET,
    Settings,
    WrongSetting,
    describe_settings,
)

ROOT = Path(__file__).resolve().parents[1]
SAFE = {
    "ADMINOPS_ENVIRONMENT": "production",
    "ADMINOPS_BASE_URL": "https://desk.example.org",
    "ADMINOPS_MAIL_TRANSPORT": "smtp",
}


def _read(**environment: str) -> Settings:
    return Settings.from_environment({f"ADMINOPS_{name.upper()}": value for name, value in environment.items()})


def _refused(**environment: str) -> str:
    with pytest.raises(WrongSetting) as refusal:
        _read(**environment)
    return str(refusal.value)


def test_without_any_variable_everything_has_a_value() -> None:
    settings = Settings.from_environment({"PATH": "/bin", "HOME": "/root"})
    assert settings == Settings()
    assert settings.database == f"sqlite:///{settings.home / 'adminops.sqlite'}"
    assert settings.home == ROOT / "var"


RIGHT: list[tuple[str, str, Any]] = [
    ("environment", "production-like", None),
    ("environment", " test ", "test"),
    ("home", "~/adminops", Path("~/adminops").expanduser()),
    ("database_url", "sqlite:////srv/adminops.sqlite", "sqlite:////srv/adminops.sqlite"),
    ("database_url", "postgresql+psycopg://a:b@c/d", "postgresql+psycopg://a:b@c/d"),
    ("database_url", "mysql://a:b@c/d", None),
    ("database_url", "postgresql://a:b@c/d", None),
    ("database_url", "sqlite://", None),
    ("database_url", "sqlite:///", None),
    ("base_url", "https://desk.example.org/", "https://desk.example.org"),
    ("base_url", "http://[::1]:8000", "http://[::1]:8000"),
    ("base_url", "desk.example.org", None),
    ("base_url", "https://", None),
    ("base_url", "https://desk.example.org/?next=x", None),
    ("base_url", "javascript://desk.example.org", None),
    ("base_url", "https://[bad", None),
    ("account_gates", "training mou", "mou training"),
    ("account_gates", "none", ""),
    ("account_gates", "mou, seat", None),
    ("time_zone", "America/Chicago", "America/Chicago"),
    ("time_zone", "Mars/Olympus", None),
    ("time_zone", "../../etc/passwd", None),
    ("product_name", "Coast Desk", "Coast Desk"),
    ("product_name", "Desk\r\nBcc: thief@example.org", None),
    ("session_idle_minutes", "15", 15),
    ("session_idle_minutes", "0", None),
    ("session_idle_minutes", "-5", None),
    ("session_idle_minutes", "1.5", None),
    ("session_idle_minutes", "١٢", None),
    ("session_hours", str(LARGEST_NUMBER), LARGEST_NUMBER),
    ("session_hours", str(LARGEST_NUMBER + 1), None),
    ("password_history", "0", 0),
    ("password_history", "-1", None),
    ("password_letter_and_digit", "yes", True),
    ("password_letter_and_digit", "digit", None),
    ("second_factor_roles", "manager system_admin", "system_admin manager"),
    ("second_factor_roles", "none", ""),
    ("second_factor_roles", "everybody", None),
    ("second_factor_grace_days", "0", 0),
    ("second_factor_grace_days", "-1", None),
    ("trusted_device_days", "30", 30),
    ("trusted_device_days", "91", None),
    ("trusted_device_days", "some", None),
    ("trusted_device_roles", "none", ""),
    ("trusted_device_roles", "everybody", None),
    ("mail_transport", "console", "console"),
    ("mail_transport", "pigeon", None),
    ("mail_from", "desk@example.org", "desk@example.org"),
    ("mail_from", "Desk <desk@example.org>", None),
    ("mail_from", "desk", None),
    ("mail_from", "désk@example.org", None),
    ("smtp_port", "587", 587),
    ("smtp_port", "0", None),
    ("smtp_port", "65536", None),
    ("smtp_port", "smtp", None),
    ("smtp_security", "tls", "tls"),
    ("smtp_security", "ssl", None),
    ("smtp_ca_file", __file__, __file__),
    ("smtp_ca_file", "/no/such/file", None),
    ("scheduler", "off", False),
    ("scheduler", "YES", True),
    ("scheduler", "maybe", None),
    ("trusted_proxies", "0", 0),
    ("trusted_proxies", "2", 2),
    ("trusted_proxies", "-1", None),
    ("trusted_proxies", "one", None),
    ("directory_url", "ldaps://directory.example.org", "ldaps://directory.example.org"),
    ("directory_url", "https://directory.example.org", None),
    ("directory_kind", "389ds", "389ds"),
    ("directory_kind", "novell", None),
    ("directory_ca_file", "/no/such/file", None),
    ("directory_timeout_seconds", "0", None),
    ("merge_second_person_stays", "0", 0),
    ("merge_second_person_stays", "-1", None),
    ("undo_send_seconds", "0", 0),
    ("undo_send_seconds", "-1", None),
    ("mail_notes", "yes", True),
    ("mail_notes", "sometimes", None),
    ("time_spent", "no", False),
    ("time_spent", "sometimes", None),
    ("survey_percent", "0", 0),
    ("survey_percent", "100", 100),
    ("survey_percent", "101", None),
    ("survey_percent", "a third", None),
    ("survey_delay_hours", "0", 0),
    ("survey_delay_hours", "-1", None),
    ("survey_days", "7", 7),
    ("survey_days", "0", None),
    ("attachment_limit_mb", "5", 5),
    ("attachment_limit_mb", "0", None),
    ("log_level", "debug", "debug"),
    ("log_level", "loud", None),
]


@pytest.mark.parametrize(("name", "raw", "value"), RIGHT)
def test_values_are_read_or_refused_by_name(name: str, raw: str, value: Any) -> None:
    if value is not None:
        assert getattr(_read(**{name: raw}), name) == value
        return
    sentence = _refused(**{name: raw})
    assert sentence.startswith(f"ADMINOPS_{name.upper()} should be ")
    assert sentence.endswith(".")


def test_a_refused_address_is_not_repeated_with_its_password() -> None:
    assert "secret-word" not in _refused(database_url="mysql://desk:secret-word@db.example.org/adminops")


def test_every_setting_with_a_rule_of_its_own_was_tried_with_a_wrong_value() -> None:
    tried = {name for name, _, value in RIGHT if value is None}
    plain = {"home", "drop_folder", "secret_key", "team_name", "team_phone", "smtp_host", "smtp_user", "smtp_password"}
    plain |= {"directory_user", "directory_password", "directory_people", "directory_groups", "directory_archive"}
    plain |= {"imap_host", "imap_user", "imap_password", "imap_folder", "imap_done_folder"}
    same_rule = {
        "reset_link_minutes",
        "smtp_timeout_seconds",
        "upload_limit_mb",
        "unpacked_limit_mb",
        "drop_settle_seconds",
        "mail_reply_to",
        "imap_port",
        "imap_security",
        "imap_ca_file",
    }
    assert {declared.name for declared in fields(Settings)} - tried - plain - same_rule == set()


@pytest.mark.parametrize("declared", fields(Settings), ids=lambda declared: declared.name)
def test_an_empty_value_means_the_default(declared: Any) -> None:
    assert _read(**{declared.name: "  "}) == Settings()


def test_a_name_that_is_no_setting_is_refused_before_it_is_missed() -> None:
    assert _refused(data_base_url="sqlite:////x").startswith("ADMINOPS_DATA_BASE_URL is not a setting of AdminOps")


def test_names_of_the_tools_are_no_settings_and_no_mistakes() -> None:
    assert _read(no_apt="1", require="postgres", samples="/samples") == Settings()


def test_a_safe_production_starts() -> None:
    settings = Settings.from_environment(SAFE)
    assert (settings.secure_cookies, settings.demo_allowed) == (True, False)


@pytest.mark.parametrize(
    ("over", "says"),
    [
        ({"ADMINOPS_BASE_URL": "http://desk.example.org"}, "ADMINOPS_BASE_URL must start with https://"),
        ({"ADMINOPS_BASE_URL": ""}, "ADMINOPS_BASE_URL must start with https://"),
        ({"ADMINOPS_MAIL_TRANSPORT": "mailbox"}, "ADMINOPS_MAIL_TRANSPORT must be smtp"),
        ({"ADMINOPS_MAIL_TRANSPORT": "console"}, "ADMINOPS_MAIL_TRANSPORT must be smtp"),
        (
            {"ADMINOPS_SMTP_SECURITY": "none", "ADMINOPS_SMTP_HOST": "mail.example.org"},
            "ADMINOPS_SMTP_SECURITY must be starttls or tls",
        ),
        ({"ADMINOPS_SECRET_KEY": "x" * (SHORTEST_SECRET - 1)}, "ADMINOPS_SECRET_KEY needs 32 random characters"),
    ],
)
def test_an_unsafe_production_does_not_start(over: dict[str, str], says: str) -> None:
    with pytest.raises(WrongSetting, match=says):
        Settings.from_environment({**SAFE, **over})
    Settings.from_environment({**SAFE, **over, "ADMINOPS_ENVIRONMENT": "development"})


def test_a_mail_server_on_this_machine_needs_no_tls() -> None:
    assert Settings.from_environment({**SAFE, "ADMINOPS_SMTP_SECURITY": "none"}).smtp_host == "127.0.0.1"


def test_secrets_stand_in_no_text_of_the_settings() -> None:
    secrets = {
        "secret_key": "a-signing-key-of-many-random-letters",
        "smtp_password": "secret-word",
        "database_url": "postgresql+psycopg://desk:secret-word@db.example.org/adminops",
    }
    text = repr(_read(**secrets))
    assert not [secret for secret in secrets.values() if secret in text]
    assert "secret-word" not in text


def test_every_setting_is_described() -> None:
    page = describe_settings()
    for declared in fields(Settings):
        (line,) = [line for line in page.splitlines() if f"`ADMINOPS_{declared.name.upper()}`" in line]
        assert len(line.split("|")[3].split()) > 1
        assert declared.metadata["about"].endswith(".")


def test_roles_are_called_here_what_they_are_called_there() -> None:
    assert tuple(role.value for role in Role) == ROLES


def test_the_page_of_settings_is_current() -> None:
    assert (ROOT / "docs" / "settings.md").read_text(encoding="utf-8") == describe_settings(), "run: adminops docs"


def test_the_key_of_the_cookies_is_made_once_and_for_the_owner_alone(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    secret = settings.cookie_secret()
    assert len(secret) >= SHORTEST_SECRET
    assert settings.cookie_secret() == secret
    path = tmp_path / "keys" / "session.key"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert Settings(home=tmp_path, secret_key="x" * 40).cookie_secret() == "x" * 40


def test_an_emptied_key_of_the_cookies_is_not_used(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    settings.cookie_secret()
    (tmp_path / "keys" / "session.key").write_text("")
    with pytest.raises(WrongSetting, match="is no key"):
        settings.cookie_secret()


def test_a_private_file_is_never_replaced_and_leaves_no_scraps(tmp_path: Path) -> None:
    path = tmp_path / "key"
    write_private(path, b"first")
    write_private(path, b"second")
    assert path.read_bytes() == b"first"
    assert [file.name for file in tmp_path.iterdir()] == ["key"]
    assert path.stat().st_mode & 0o777 == 0o600
