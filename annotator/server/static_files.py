"""Static files whose names contain a hash of their content, so that browsers may cache them permanently."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStaticFiles(CompressedManifestStaticFilesStorage):
    """Storage that also rewrites the imports of ES modules to the hashed names."""

    support_js_module_import_aggregation = True
