"""The demo's manuals: short pages that say true things about the work, so that searching them is worth while."""

from adminops import clock
from adminops.demo.cast import Cast
from manuals.operations import publish_page, write_page

PAGES: tuple[tuple[str, str, str], ...] = (
    (
        "Getting started",
        "Signing in and passwords",
        """## Your first sign-in

You get a mail with a link. It works for one hour and once. Choose a password of at least 15 characters: a few
unrelated words are easy to remember and hard to guess.

## If you are locked out

1. On the sign-in page choose **Forgot your password?**
2. Type your user name or your work address.
3. Open the link in the mail and set a new password.

No mail after ten minutes? Look in the junk folder, then file a ticket *I can't sign in*. We never ask for your
password, and we never choose one for you.

## Keep it to yourself

HUD's rules ask for one login per person. Never share yours, not even for an afternoon: what is entered under your
name is yours.
""",
    ),
    (
        "Getting started",
        "How to write to us without client data",
        """## Use client IDs only

A ticket and a mail can be read by more people than a client record. Write the **PersonalID**, never a name, a birth
date, an SSN or a photograph of an ID card.

| Instead of | write |
|---|---|
| the name | the client ID |
| the birth date | "the older date is right" |
| the SSN | "the SSN of the first record is right" |
| a screenshot | the page's name and what you clicked |

## If it slipped through

Tell us at once. We take it out and note who could have seen it. Nobody is blamed for telling.
""",
    ),
    (
        "Client records",
        "When a client is in twice",
        """## Before you ask for a merge

Look at both records. They are very likely one person when two of these three agree and the third does not
contradict: full name, SSN, date of birth. **Twins** share a last name, a birth date and often an address. A **father
and son** may share the whole name.

## Ask for it

File the request *A client is in twice* with both client IDs. Say which spelling and which birth date are right.

## What happens then

We compare the records side by side. A merge here can be undone; the merge in the vendor's system can't. Enrollments
of both records show under the one that is kept. Overlapping stays remain: please exit the one that is wrong.
""",
    ),
    (
        "Client records",
        "Name, SSN and birth date quality",
        """## Why quality codes matter

Each of name (3.01), SSN (3.02) and date of birth (3.03) has a data quality field. Reports count *full*, *partial*,
*client doesn't know*, *prefers not to answer* and *data not collected* apart.

- Never make up a date. If only the year is known, enter 1 January of that year **and** mark it *approximate*.
- A street name or nickname is a *partial* name.
- Four digits of an SSN are a *partial* SSN: enter what you know and leave the rest blank.
""",
    ),
    (
        "Client records",
        "Exits and destinations",
        """## Exit on the last day of service

The exit date is the last day the client was served, not the day you type it. A bed night on the exit date is wrong:
the person did not sleep there.

## Destination

Ask where the person will stay **tonight**. *No exit interview completed* counts as missing in the APR (Q6c). With a
rental subsidy choose *Rental by client, with ongoing housing subsidy* and then the kind of subsidy.
""",
    ),
    (
        "Programs and funding",
        "Setting up a new program",
        """## What we need

1. The program's name: organization, program, type.
2. Project type and operating start date.
3. Continuum of Care, geocode and address (not for a victim service provider).
4. For each grant: funding source, grant ID exactly as in the contract, start and end.
5. Beds and units for residential programs.

## How long it takes

Ten business days after your request is complete. You can save a draft and come back to it.

## New money, new program?

Most of the time, yes. A renewal needs the new grant ID and dates. When money ends, tell us what becomes of the
people who are enrolled.
""",
    ),
    (
        "Programs and funding",
        "Closing a program",
        """## In this order

1. File the final reports of the funder.
2. Exit or transfer everybody, on or before the operating end date.
3. Check completeness with an all-dates report.
4. Tell us the closing date and where people went.

We then end the funding sources, the inventory and the participation records. Nothing is deleted: past reports still
need it.
""",
    ),
    (
        "Reports",
        "Pulling an APR and reading its data quality tables",
        """## Before you run it

Choose the program and the operating year of the grant. The APR is due 90 days after the operating year ends.

## Table by table

- **Q6a** personal information: errors here are usually names or SSNs marked *partial*.
- **Q6b** universal elements: a head of household without a CoC shows up here.
- **Q6c** income and destination: an annual assessment belongs within 30 days of the anniversary.
- **Q6d** chronic homelessness: approximate start date, times and months.
- **Q6e** timeliness: days between the event and its entry.

If a number looks wrong, file *A number looks wrong* with the table, the cell, what you expected and a few client IDs.
""",
    ),
    (
        "Reports",
        "Housing inventory count and point in time",
        """## Every January

On the last ten days of January we count people and beds. Before that, look at your programs: beds, units, dates,
participation. Changes are entered when they happen, not once a year.

## What you confirm

Each row of your inventory, also when nothing changed.
""",
    ),
    (
        "Training and policies",
        "Which training you need",
        """## Before your first sign-in

- Privacy and security (yearly, all questions right)
- HMIS basics for your kind of program

## Every year

Privacy and security again, and the user agreement. We remind you 30, 14 and 7 days before it runs out. When it has
run out your account is on hold until it is done.
""",
    ),
    (
        "Training and policies",
        "Reporting an incident",
        """## At once

If client data may have been seen, lost or sent to the wrong place, file *Privacy or security incident* or call us.
Say what happened, when, and the **client ID**. Never repeat the data itself.

## What we do

We stop the leak, note who could have seen what, tell the agencies concerned, and tell you what came of it.
""",
    ),
)

DRAFT = (
    "Training and policies",
    "Data Standards FY2026: what changed",
    """## In force since 1 October 2025

- *Sex* (element 4.21) is collected; gender and sexual orientation are not.
- *CoC Builds* is a new funding source; ESG-CV and HOPWA-CV are retired for new records.

This page is being written.
""",
)


def fill(cast: Cast) -> None:
    """Write and publish the pages, over the year before the demo's present."""
    author, publisher = cast["grace"], cast["ruth"]
    for number, (section, title, body) in enumerate(PAGES):
        with clock.frozen_at(cast.days_ago(300 - 20 * number)):
            page = write_page(title=title, section=section, body=body, by=author)
            publish_page(page, note="First version", by=publisher)
    with clock.frozen_at(cast.days_ago(3)):
        section, title, body = DRAFT
        write_page(title=title, section=section, body=body, by=author)
