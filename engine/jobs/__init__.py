"""Kinds of jobs: one file each, named as the job's kind. See engine.work.Kind."""
