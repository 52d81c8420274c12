"""The GAN of world_v2: worlds, each seen several times through the windows of real pictures."""

from __future__ import annotations

from keras import ops

from training.engine import draws
from training.families.world_v2.critic import critic_inputs
from training.families.world_v2.exposure import exposed
from training.gan.augment import recolor
from training.gan.losses import kind_cross_entropy
from training.gan.objective import Objective
from training.saved.sights import SIGHT_SIZE, sights


class WorldObjective(Objective):
    """A conditional GAN whose batches are groups of `recipe.views` pictures of one kind.

    A world's field, the dear part, is drawn once for the pictures of a group. The discriminator knows where on the
    globe it looks: batches bring a `window` `(B, 3)`, as in `training.families.world_v2.rendering.see`, and a `sight`
    `(B, 2)`, latitude and light of the real pictures, NaN where they aren't known. Generated ones are seen alike, or as
    is `likely` `(B, 2)` for their kind; the light of both is multiplied by an `exposure` `(B,)`.
    """

    extras = ("window", "sight", "likely", "exposure")

    def draw(self, images, given, random):
        views = self.recipe.views
        batch, height, width, channels = images.shape
        worlds = batch // views
        view, sun = (
            ops.reshape(one, (worlds, views, 3))
            for one in sights(draws.normal((batch, SIGHT_SIZE), seed=random), given.extras["likely"])
        )
        inputs = {
            "latent": draws.normal((worlds, self.latent_size), seed=random),
            "kind": given.kinds[::views],
            "view": view,
            "sun": sun,
            "window": ops.reshape(given.extras["window"], (worlds, views, 3)),
        }
        drawn = ops.reshape(self.generator(inputs, training=True), (batch, height, width, channels))
        return exposed(drawn, given.extras["exposure"]), {}

    def judge(self, images, given):
        outputs = self.discriminator(critic_inputs(images, given), training=True)
        return outputs["logit"], self.recipe.kind_weight * kind_cross_entropy(outputs["kind_logits"], given.kinds)

    def augment(self, images, random):
        """Colors alone: a picture that is moved is no longer what its window says."""
        probability = self.recipe.augment_probability
        return recolor(images, random, probability) if probability else images
