"""The fields of a learning curve in the API. They document what `workers.training.outlook` computes and stores.

Errors, precision and recall are shares from 0 to 1, sizes are counts of training labels, and money is a decimal as text, in the
project's currency. Intervals are 80% intervals.
"""

from rest_framework import serializers


class IntervalSerializer(serializers.Serializer):
    """A share with its interval."""

    value = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()


class ExpectedErrorSerializer(serializers.Serializer):
    """The error to expect at a size."""

    size = serializers.FloatField()
    error = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()


class PointSerializer(serializers.Serializer):
    """The runs of one version at one size."""

    version = serializers.IntegerField()
    run = serializers.IntegerField(help_text="The first of the runs.")
    size = serializers.IntegerField()
    error = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()
    true = serializers.BooleanField(help_text="Whether the error is against the truth; else against the test labels.")
    crowd_error = serializers.FloatField(help_text="The mean error against the crowd's test labels.")
    errors = serializers.ListField(child=serializers.FloatField())
    runs = serializers.IntegerField()
    cost = serializers.CharField(help_text="What the labels cost.")
    test_count = serializers.IntegerField()
    guess_error = serializers.FloatField(help_text="The error of always naming the most frequent class.")
    precision = serializers.FloatField()
    recall = serializers.FloatField()
    whole = serializers.BooleanField(help_text="Whether it is the version's full training set.")


class NextSumSerializer(ExpectedErrorSerializer):
    """What the next sum of money buys in new labels."""

    labels = serializers.IntegerField()
    now = serializers.FloatField(help_text="The curve's error at the present size; the gain is now − error.")
    precision = IntervalSerializer(required=False)
    recall = IntervalSerializer(required=False)


class GoalSerializer(serializers.Serializer):
    """How far the target error is, and the next purchase towards it."""

    error = serializers.FloatField()
    probability = serializers.FloatField(help_text="The probability that more labels like these reach it.")
    size = serializers.FloatField(allow_null=True)
    more_labels = serializers.FloatField(allow_null=True)
    least_labels = serializers.FloatField(allow_null=True)
    most_labels = serializers.FloatField(allow_null=True)
    money = serializers.CharField(allow_null=True)
    enough = serializers.FloatField(allow_null=True, help_text="The size at which the curve meets it already.")
    action = serializers.ChoiceField(choices=["met", "buy", "stop"])
    next_labels = serializers.IntegerField()
    next_money = serializers.CharField()
    next_chance = serializers.FloatField()


class NoiseLimitSerializer(serializers.Serializer):
    """What right labels would bring, next to more labels of the present kind. Empty where the noise is not known."""

    rate = serializers.FloatField(required=False)
    low = serializers.FloatField(required=False)
    high = serializers.FloatField(required=False)
    right = serializers.FloatField(required=False)
    more = serializers.FloatField(required=False)
    times = serializers.IntegerField(required=False)
    labels = serializers.BooleanField(required=False)


class SecondPersonSerializer(serializers.Serializer):
    """Where one person gave all answers: how many items a second one should check, and what that costs."""

    items = serializers.IntegerField()
    money = serializers.CharField()


class ForecastSerializer(serializers.Serializer):
    """The forecast. Where there is too little to forecast from, `problem` says why and the fields of the curve are missing."""

    label_price = serializers.CharField(required=False)
    answers_per_label = serializers.IntegerField(required=False)
    sum = serializers.CharField(required=False, help_text="The sum of money that `next` spends.")
    problem = serializers.CharField(required=False)
    version = serializers.IntegerField(required=False)
    size = serializers.IntegerField(required=False)
    error = serializers.FloatField(required=False)
    low = serializers.FloatField(required=False)
    high = serializers.FloatField(required=False)
    true = serializers.BooleanField(required=False)
    crowd_error = serializers.FloatField(required=False)
    test_count = serializers.IntegerField(required=False)
    runs = serializers.IntegerField(required=False)
    one_person = SecondPersonSerializer(required=False)
    gold = serializers.IntegerField(required=False, help_text="How many gold items the estimates rest on.")
    noise = IntervalSerializer(required=False, allow_null=True, help_text="The share of wrong training labels.")
    test_noise = IntervalSerializer(required=False, allow_null=True, help_text="The share of wrong test labels.")
    rises = serializers.FloatField(
        required=False, help_text="By how much the error rises with more labels, where it does."
    )
    limit = NoiseLimitSerializer(required=False)
    b = serializers.FloatField(required=False, help_text="The exponent of the power law.")
    c = serializers.FloatField(required=False, help_text="The irreducible error.")
    c_low = serializers.FloatField(required=False)
    c_high = serializers.FloatField(required=False)
    halving = serializers.FloatField(required=False, help_text="By which share the error falls when labels double.")
    guess = serializers.FloatField(required=False)
    region = serializers.ChoiceField(choices=["small data", "power law", "irreducible error"], required=False)
    small_data_until = serializers.FloatField(required=False, allow_null=True)
    floor_from = serializers.FloatField(required=False, allow_null=True)
    line = ExpectedErrorSerializer(many=True, required=False)
    next = NextSumSerializer(required=False)
    goal = GoalSerializer(required=False)
