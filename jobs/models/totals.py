"""Counts that only rise, although the jobs that they count are deleted after their retention."""

from django.db import models


class Total(models.Model):
    """One count of /metrics, such as the jobs of a type that completed. Upkeep alone writes it.

    `name` says what is counted; `key` tells the counts of one name and type apart.
    """

    name = models.CharField(max_length=50)
    type = models.CharField(max_length=100, blank=True, default="")  # of the jobs; "" if of none
    key = models.CharField(max_length=100, blank=True, default="")
    value = models.FloatField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["name", "type", "key"], name="jobs_total_one_per_name_type_and_key"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.type} {self.key}: {self.value:g}"
