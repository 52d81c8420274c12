"""Critics that know of kinds: shown the kind that a picture should be, or asked for the one that it is."""

from __future__ import annotations

from training.gan.kinds import auxiliary_verdict, kind_ramp
from training.gan.objective import Objective


class ConditionalObjective(Objective):
    """The discriminator judges how real a picture is and, more and more, how well it fits its kind.

    The logit is that of the picture + ramp · that of its kind (`training.gan.kinds.kind_ramp`).
    """

    def judge(self, images, given):
        logits = self.discriminator({"image": images, "kind": given.kinds}, training=True)
        ramp = kind_ramp(self.recipe, self.total_steps, given.step)
        return logits["logit"] + ramp * logits["kind_logit"], None


class ACGANObjective(Objective):
    """The discriminator tells kinds apart, and the generator helps it to."""

    def judge(self, images, given):
        return auxiliary_verdict(self.discriminator, images, given.kinds, self.recipe.kind_weight)
