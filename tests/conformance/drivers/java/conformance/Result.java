package conformance;

/** How a call ends. */
public enum Result {
    SUCCESS,
    FAILURE,
    /** The error that the library is configured not to count. */
    IGNORED;

    public static Result of(char letter) {
        return switch (letter) {
            case 's' -> SUCCESS;
            case 'f' -> FAILURE;
            case 'i' -> IGNORED;
            default -> throw new IllegalArgumentException("no result " + letter);
        };
    }

    /** Returns or throws what a call that ends so does. */
    public String get() throws Exception {
        return switch (this) {
            case SUCCESS -> "done";
            case FAILURE -> throw new Failure();
            case IGNORED -> throw new Ignored();
        };
    }

    /** What a failing call throws. */
    public static class Failure extends Exception {
        public Failure() {
            super("failure", null, false, false);
        }
    }

    /** What a call throws whose error is not to be counted. */
    public static class Ignored extends Exception {
        public Ignored() {
            super("ignored", null, false, false);
        }
    }
}
