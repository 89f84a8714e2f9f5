"""Which numbers, types and scales FIT's messages and fields have: those that the demo writes.

They are those of the official profile (garmin-fit-sdk 21.218); a test compares them.
"""

from __future__ import annotations

_SEMICIRCLES = 2**31 / 180

# FIT base types: code in a definition, NumPy type, the value that says "nothing sent".
ENUM, UINT8, SINT8 = (0x00, "u1", 0xFF), (0x02, "u1", 0xFF), (0x01, "i1", 0x7F)
UINT16, UINT32 = (0x84, "<u2", 0xFFFF), (0x86, "<u4", 0xFFFFFFFF)
SINT32, UINT32Z = (0x85, "<i4", 0x7FFFFFFF), (0x8C, "<u4", 0)

Field = tuple[int, tuple[int, str, int], float, float]  # number, base type, scale, offset


def _plain(number: int, base: tuple[int, str, int], scale: float = 1, offset: float = 0) -> Field:
    return (number, base, scale, offset)


def _summary(
    sport: int, sub_sport: int, speed: tuple[int, int], heart_rate: tuple[int, int], rest: dict[str, Field]
) -> dict[str, Field]:
    """What lap and session share; their numbers differ from the speeds on."""
    return {
        "message_index": _plain(254, UINT16),
        "timestamp": _plain(253, UINT32),
        "event": _plain(0, ENUM),
        "event_type": _plain(1, ENUM),
        "start_time": _plain(2, UINT32),
        "start_position_lat": _plain(3, SINT32, _SEMICIRCLES),
        "start_position_long": _plain(4, SINT32, _SEMICIRCLES),
        "total_elapsed_time": _plain(7, UINT32, 1000),
        "total_timer_time": _plain(8, UINT32, 1000),
        "total_distance": _plain(9, UINT32, 100),
        "sport": _plain(sport, ENUM),
        "sub_sport": _plain(sub_sport, ENUM),
        "avg_speed": _plain(speed[0], UINT16, 1000),
        "enhanced_avg_speed": _plain(speed[1], UINT32, 1000),
        "avg_heart_rate": _plain(heart_rate[0], UINT8),
        "max_heart_rate": _plain(heart_rate[1], UINT8),
        **rest,
    }


# Message: global number and its fields by name.
MESSAGES: dict[str, tuple[int, dict[str, Field]]] = {
    "file_id": (
        0,
        {
            "type": _plain(0, ENUM),
            "manufacturer": _plain(1, UINT16),
            "product": _plain(2, UINT16),
            "serial_number": _plain(3, UINT32Z),
            "time_created": _plain(4, UINT32),
        },
    ),
    "device_settings": (2, {"utc_offset": _plain(1, UINT32)}),
    "user_profile": (
        3,
        {
            "gender": _plain(1, ENUM),
            "age": _plain(2, UINT8),
            "height": _plain(3, UINT8, 100),
            "weight": _plain(4, UINT16, 10),
            "resting_heart_rate": _plain(8, UINT8),
        },
    ),
    "sport": (12, {"sport": _plain(0, ENUM), "sub_sport": _plain(1, ENUM)}),
    "session": (
        18,
        _summary(
            5,
            6,
            (14, 124),
            (16, 17),
            {
                "avg_power": _plain(20, UINT16),
                "max_power": _plain(21, UINT16),
                "avg_cadence": _plain(18, UINT8),
                "total_ascent": _plain(22, UINT16),
                "first_lap_index": _plain(25, UINT16),
                "num_laps": _plain(26, UINT16),
                "trigger": _plain(28, ENUM),
                "pool_length": _plain(44, UINT16, 100),
                "pool_length_unit": _plain(46, ENUM),
                "num_active_lengths": _plain(47, UINT16),
                "workout_rpe": _plain(193, UINT8, 10),
            },
        ),
    ),
    "lap": (
        19,
        _summary(
            25,
            39,
            (13, 110),
            (15, 16),
            {
                "avg_power": _plain(19, UINT16),
                "max_power": _plain(20, UINT16),
                "avg_cadence": _plain(17, UINT8),
                "lap_trigger": _plain(24, ENUM),
                "num_lengths": _plain(32, UINT16),
                "first_length_index": _plain(35, UINT16),
            },
        ),
    ),
    "record": (
        20,
        {
            "timestamp": _plain(253, UINT32),
            "lat": _plain(0, SINT32, _SEMICIRCLES),
            "lon": _plain(1, SINT32, _SEMICIRCLES),
            "distance_m": _plain(5, UINT32, 100),
            "speed_mps": _plain(73, UINT32, 1000),
            "altitude_m": _plain(78, UINT32, 5, 500),
            "power_w": _plain(7, UINT16),
            "heart_rate_bpm": _plain(3, UINT8),
            "cadence_rpm": _plain(4, UINT8),
            "fractional_cadence": _plain(53, UINT8, 128),
            "temperature_c": _plain(13, SINT8),
        },
    ),
    "event": (
        21,
        {
            "timestamp": _plain(253, UINT32),
            "event": _plain(0, ENUM),
            "event_type": _plain(1, ENUM),
            "event_group": _plain(4, UINT8),
        },
    ),
    "device_info": (
        23,
        {
            "timestamp": _plain(253, UINT32),
            "serial_number": _plain(3, UINT32Z),
            "manufacturer": _plain(2, UINT16),
            "product": _plain(4, UINT16),
            "software_version": _plain(5, UINT16, 100),
            "device_index": _plain(0, UINT8),
        },
    ),
    "activity": (
        34,
        {
            "timestamp": _plain(253, UINT32),
            "total_timer_time": _plain(0, UINT32, 1000),
            "local_timestamp": _plain(5, UINT32),
            "num_sessions": _plain(1, UINT16),
            "type": _plain(2, ENUM),
            "event": _plain(3, ENUM),
            "event_type": _plain(4, ENUM),
        },
    ),
    "length": (
        101,
        {
            "message_index": _plain(254, UINT16),
            "timestamp": _plain(253, UINT32),
            "event": _plain(0, ENUM),
            "event_type": _plain(1, ENUM),
            "start_time": _plain(2, UINT32),
            "total_elapsed_time": _plain(3, UINT32, 1000),
            "total_timer_time": _plain(4, UINT32, 1000),
            "total_strokes": _plain(5, UINT16),
            "avg_speed": _plain(6, UINT16, 1000),
            "swim_stroke": _plain(7, ENUM),
            "length_type": _plain(12, ENUM),
        },
    ),
}
