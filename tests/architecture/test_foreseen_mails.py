"""What a change plan says about mails is what the reactions do."""

from scaicontrol.services.changes import MAILED
from scaicontrol.services.mails import reactions as mails
from tasks.reactions import REACTIONS


def test_a_plan_foresees_a_mail_for_exactly_the_facts_that_are_answered_with_one():
    answered = {
        topic
        for topic, reactions in REACTIONS.items()
        if any(each.__module__ == mails.__name__ and each.__name__.startswith("mail_") for each in reactions)
    }
    assert set(MAILED) == answered, "changes.MAILED and tasks/reactions.py name different facts."
