"""What Momentum knows: files, training science, tables, people's reports. No Dagster in here.

Floors, from the ground up, and no import runs upwards or sideways: activity_files and training are
pure and know nothing of each other; warehouse and adapters know the outside through a client handed
in or one system each; demo and reports stand on these. The graph that runs it all is
`momentum_dagster`.
"""
