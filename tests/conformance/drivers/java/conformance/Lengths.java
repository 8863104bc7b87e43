package conformance;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Lengths of time as configuration files write them: a number and a unit, such as 500ms, 2s or 1m. */
public final class Lengths {
    private static final Pattern SIMPLE = Pattern.compile("(-?\\d+)(ms|s|m|h|d)");

    private Lengths() {}

    public static Duration parse(String text) {
        Matcher match = SIMPLE.matcher(text);
        if (!match.matches()) {
            throw new AssertionError("no duration: " + text);
        }
        long amount = Long.parseLong(match.group(1));
        return switch (match.group(2)) {
            case "ms" -> Duration.ofMillis(amount);
            case "s" -> Duration.ofSeconds(amount);
            case "m" -> Duration.ofMinutes(amount);
            case "h" -> Duration.ofHours(amount);
            default -> Duration.ofDays(amount);
        };
    }
}
