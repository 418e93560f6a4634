"""Messages written by hand after the six hundred, with spellings that those do not have.

What must be found is marked as `[slot:words]`, with the slots of `tests.pii_samples`; everything else must not be. What
they showed at first sight stands in docs/adr/022.
"""

import re

from tests.pii_samples import Sample

MESSAGES = """\
She was born [dob:Jan 3rd 1987], not [dob:Jan 3rd 1978]. The intake was typed in a hurry.
Her DOB per the card is [dob:3.1.87], please change it
DOB=[dob:03/17/84] pls fix for client 48213
d.o.b is the [dob:3rd of January, 1987] and nothing else
birthdate in HMIS: [dob:1987/01/03]; on the ID: [dob:01/03/1987]
The day of birth is wrong, the card says [dob:3-Jan-1987] and we typed [dob:13-Jan-1987].
D O B [dob:01 03 1987] for 51907
dob [dob:010387], client 48213, thank you
DOB: [dob:1-3-1987] (wrong), should be [dob:1-30-1987]
Date of Birth - [dob:Jan-03-1987]
On file is a DOB of [dob:3 Jan '87], enrollment 300211 began on 1/5/2026.
born on the [dob:3rd of January 1987] in another county
The twins' birthdays are [dob:7/4/01] & [dob:7/5/01]
DOB ([dob:Sept. 9th, 1995]) does not fit the age range of the project
DOB:[dob:1987-01-03T00:00:00] came over from the old system
Her card says [store_dob:17.3.1984], so does the lease.
She wrote [store_dob:17 mar 84] on the form
I found [store_dob:2-Nov-1979] on the back of the sheet
The form has [store_dob:Nov 2nd, 1979] in it, see client 48213
On the paper: [store_dob:02/11/1979]. Ours is different.
[store:Siobhan O’Quill] has two open stays
Please close the stay of [store:O'Quill, Siobhan] M., she left
[store:OQUILL SIOBHAN] shows twice in the list
I think [store:Siobhan O Quill] and client 51907 are one
[store:Lamar Smith Tarrow] without the hyphen is the older record
merge [store:SMITH-TARROW,LAMAR] please
The bed of [store:Jose Ruidiaz] is free since Monday
[store:ruidíaz, josé] is spelled with two accents in one record
Could [store:Mary-Ann Feldspar] be [store:Maryann Feldspar]?
[store:Feldspar,Mary Ann] was moved to bed 12
[store:Ana Delabrezza] is the same as [store:DeLaBrezza, Ana]
who entered [store:Quintavera Marisol]
[store:Marisol Elena Quintavera] needs a new assessment
[store:Marisol E. Quintavera] / [store:Deshawn T Okonradu]: same household?
[store:Marisol (Mari) Quintavera] asked for a copy
The scan is called [store:Quintavera_Marisol]_intake.pdf
Last: [name:Verrick] First: [name:Tamsin], client 48213
[store:BO YIM]; [store:THUY LANHDAO]; [store:DESHAWN OKONRADU]
Will [store:Will Grantham] be served by the field office?
The one in bed 3 is [store:Thuy T. Lanhdao]
ssn [ssn:219 - 09- 9999] on the card
SSN [ssn:2 1 9 - 0 9 - 9 9 9 9] (spaced by the scanner)
SSN#[ssn:219099999] for client 48213
Her social is [ssn:219099999]
S S N [ssn:219 09 9999]
SSN ([ssn:219]) 09-9999 was typed like a phone
please set the SSN to [ssn:219,09,9999]
soc. security no: [ssn:219/09-9999]
his last four are [last4:4321]
last four: [last4:4321], client 51907
SSN (last 4) [last4:4321] fits both records
The last four of his social, [last4:4321], match.
SSN *****[last4:4321] on the printout
ssn ...[last4:4321] in the older record
Her ph# is [phone:904 5550133], no voicemail
[phone:9045550133] is her cell
text him at [phone:904.5550133]
mother: tel:[phone:904–555–0133]
[phone:(904)555-0133] x12 is where he works now
call her, [phone:1 (904) 555 0133]
[phone:555-0133] is his cell
write to her: [email:jdoe1987 @ gmail.com]
They live at [address:4417 alder creek rd] with an aunt
Report for 3.1.26 to 3.31.26 stops at row 1987.
The last four weeks of 2026 had 4321 bed nights.
Last four digits of the grant number are 4321.
The last four of 1200 rows fail the check.
DOB quality was 98.7% on 1/3/2026.
The DOB field is required as of 10/1/2025.
Three babies were born in the program year from 10/01/2025 to 09/30/2026.
Rosa from the Field office and Grace at Hope House will come on 1/3/26.
The Smith-Jones Hall and the O'Brien Center are closed on Jan 3rd.
Order 9045550133 of toner came on 1/3/2026, invoice 219099999.
SSN quality: 9 of 219 records, 09 errors, 9999 cells in all.
Please add a social worker to project P-219, room 099.
User b1987 can't open report 3.1.87 after the update of Jan 3rd 2026.
"""

LATER = """\
The older record says DOB [dob:5.23.1962], the newer one [dob:23.5.1962].
birth date [dob:May 5, '71] is off by a decade
client gives [dob:June 30th 1959] as his date of birth
Born [dob:8/8/82]; exit was 3/3/2026.
D.O.B.: [dob:08 Aug 1982]
both have a dob of [dob:12/24/1958], so why two records
her birthday, [dob:December 24th], is the same in both
DOB was entered as [dob:2/30/1988] and that is no day at all
client was born in the year 1959, quarter 3
It is [store_dob:Sept 19, 1995] on the birth certificate.
Try [store_dob:4-22-70], that is what she told me
[store_dob:22 April 1970] matches
I spoke to [store:Grace M Hopewood] twice
[store:hopewood grace] (48213)
For [store:YIM, BO]: the stay of 1/2/2026 has no exit
Is [store:Thùy Lanhdao] the same as 51907?
[store:Field, Rosa] - enrollment 300211
see [store:"Marisol" Quintavera] on the bed list
[store:Jose A. Ruidiaz]'s bed
Who is [store:Deshawn   Okonradu]?
The SSN we have is [ssn:987 65-4321].
[ssn:219099999] is what the card says for SSN
SSN reads [ssn:219-09- 9999]
tax id (ITIN) [ssn:912-70-1234] of the client
SSN ends with the digits [last4:4321]
last four on the card are [last4:4321]
she confirmed the last 4, [last4:4321]
her new number: [phone:904.555.0133]
You may leave a message for him at [phone:(904) 555 0133]
cell# [phone:9045550133]
client can be texted ([phone:904 555-0133])
The grant's last four are unknown. FY 2026 has 219 records.
Rose will field questions at 4 pm, Grace may hope for 10.
Class of 1987: 12 people, born leaders all of them.
Birthday party for staff on 1/3/2026 in the main office.
Our cell tower is down, ticket 9045550133 at the vendor.
"""

IN_TABLES = """\
the sheet has [store:Quintavera; Marisol] in row 4 and [store:Okonradu|Deshawn] in row 5
[store:marisol.quintavera], [store:Deshawn_Okonradu] and [store:Yim/Bo] are the names of her files
[store:Ana (Anita) de la Brezza] and [store:Ana M. de la Brezza] and [store:Ana Lucia de la Brezza]
[store:FELDSPAR MARY ANN]; [store:mary ann feldspar]
Grace's Hopewood Center and Will's Grantham office are closed.
she answers [phone:904-555-0133], celular [phone:9045550133], or [phone:+1(904)5550133]
My desk phone is 904-555-0133 x 12
and her cell: [phone:904-555-0134]
[store_dob:17 de marzo de 1984] is what the mother says
"""


def spellings() -> list[Sample]:
    """Return the messages with their marks."""
    return [_read(line) for line in f"{MESSAGES}{LATER}{IN_TABLES}".splitlines()]


def _read(line: str) -> Sample:
    text, marks, last = "", [], 0
    for found in re.finditer(r"\[(\w+):([^\]]+)\]", line):
        text += line[last : found.start()]
        marks.append((len(text), len(text) + len(found[2]), found[1]))
        text += found[2]
        last = found.end()
    return Sample(text + line[last:], tuple(marks), held_out=True)
