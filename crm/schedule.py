"""When things run by themselves: one line a job. Times are local; a missed slot runs late, once."""

from staff.scheduling import Job

JOBS: list[Job] = []
