package conformance;

/** A library's own circuit breaker, which one adapter a library puts behind these three methods. */
public interface Breaker {
    /** Asks for a call: the handle to finish it with, or null if the breaker refuses. */
    Call start();

    /** The state as the library stores it: c closed, o open, h half-open. Reading it changes nothing. */
    char state();

    /** A call that runs. */
    interface Call {
        void complete(Result result) throws Exception;
    }

    /** How a library makes breakers of its options; adapters have a public constructor without arguments. */
    interface Library {
        String licence();

        /** Throws whatever exception the library refuses the options with, and an error for options that no library has. */
        Breaker build(String id, com.google.gson.JsonObject options);
    }
}
