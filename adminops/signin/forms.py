"""The sign-in form."""

from wtforms import BooleanField, HiddenField, PasswordField, StringField
from wtforms.validators import InputRequired, Length

from adminops.web.forms import Form


class CodeForm(Form):
    """A code of the app, or a recovery code."""

    code = StringField(
        "Code",
        [InputRequired("Enter the code."), Length(max=60)],
        render_kw={
            "autocomplete": "one-time-code",
            "autocapitalize": "none",
            "spellcheck": "false",
            "inputmode": "numeric",
        },
    )


class SecondStepForm(CodeForm):
    """The second step at sign-in."""

    trust = BooleanField("Don't ask on this device")
    next = HiddenField()


class KeyForm(Form):
    """What a security key signed: a script of the page puts it there."""

    answer = HiddenField("Answer of the key", [Length(max=20_000)])
    next = HiddenField()


class ConfirmKeyForm(KeyForm):
    """What a security key signed when somebody was asked again whether it is them."""

    to = HiddenField()


class SignInKeyForm(KeyForm):
    """What a security key signed at sign-in."""

    trust = BooleanField("Don't ask on this device")


class NewKeyForm(KeyForm):
    """A new security key."""

    name = StringField(
        "Name of the key",
        [InputRequired("Give it a name."), Length(max=60)],
        description="Such as where you keep it: “Key ring”, “Office drawer”",
        render_kw={"autocomplete": "off"},
    )


class ConfirmIdentityForm(Form):
    """A code of one's second step, or the password of who has none."""

    secret = PasswordField(
        "Your password",
        [InputRequired("Enter it."), Length(max=256)],
        render_kw={"autocomplete": "current-password"},
    )
    next = HiddenField()
    to = HiddenField()
    """Where a form was sent that is kept meanwhile."""


class SignInForm(Form):
    """User name and password."""

    username = StringField(
        "User name", [InputRequired("Enter your user name."), Length(max=60)], render_kw={"autocomplete": "username"}
    )
    password = PasswordField(
        "Password",
        [InputRequired("Enter your password."), Length(max=256)],
        render_kw={"autocomplete": "current-password"},
    )
    next = HiddenField()
