"""Why a trained ranking is not used."""

TOO_FEW_EARLIER = "too_few_earlier"
TOO_FEW_LATER = "too_few_later"
NOT_BETTER = "not_better"
WHY_UNUSED = (TOO_FEW_EARLIER, TOO_FEW_LATER, NOT_BETTER)
